import assert from 'node:assert/strict';
import { test } from 'node:test';
import { mayAct, type Role } from '../../functions/core/roles.ts';

const table: [role: Role, needed: Role, may: boolean][] = [
  ['viewer', 'viewer', true],
  ['viewer', 'admin', false],
  ['viewer', 'operator', false],
  ['admin', 'viewer', true],
  ['admin', 'admin', true],
  ['admin', 'operator', false],
  ['operator', 'viewer', true],
  ['operator', 'admin', true],
  ['operator', 'operator', true],
];

for (const [role, needed, may] of table) {
  test(`${role} ${may ? 'may' : 'may not'} do what needs ${needed}`, () => assert.equal(mayAct(role, needed), may));
}
