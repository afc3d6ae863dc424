import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nearestName } from '../../functions/policy/nearest-name.ts';

const names = ['total_timeout', 'providers', 'id', 'value', 'base_url'];

test('finds the name that was meant, and none when none is near', () => {
  const cases: [string, string | undefined][] = [
    ['total_timeout', 'total_timeout'],
    ['totalTimeout', 'total_timeout'],
    ['total-timeuot', 'total_timeout'],
    ['provider', 'providers'],
    ['vlaue', 'value'],
    ['baseurl', 'base_url'],
    ['url', undefined],
    ['x', undefined],
    ['', undefined],
    ['providers'.repeat(50), undefined],
  ];
  for (const [written, nearest] of cases) assert.equal(nearestName(written, names), nearest, written);
});

test('the nearest of several wins, and no names give none', () => {
  assert.equal(nearestName('models', ['modes', 'model', 'models']), 'models');
  assert.equal(nearestName('models', []), undefined);
});
