import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { holdKey, parseHoldKey } from '../../functions/core/hold-id.ts';
import { idTimeMs, isId, newId } from '../../functions/core/ids.ts';

const nowMs = Date.UTC(2026, 10, 24, 12);

test('ids made later sort later', () => {
  const ids = Array.from({ length: 200 }, (_, index) => newId('rq', nowMs + index * 997, randomBytes));
  assert.deepEqual([...ids].sort(), ids);
});

test('an id tells when it was made', () => {
  const id = newId('aigk', nowMs + 123, randomBytes);
  assert.match(id, /^aigk_[0-9A-Za-z]{15}$/);
  assert.equal(idTimeMs(id), nowMs + 123);
  assert.equal(idTimeMs(id.slice('aigk_'.length)), nowMs + 123);
});

test('a clock that counts parts of milliseconds makes ids like any other', () => {
  assert.equal(idTimeMs(newId('rq', nowMs + 0.25, randomBytes)), nowMs);
});

test('only ids of the right kind and form are ids', () => {
  const id = newId('ep', nowMs, randomBytes);
  assert.ok(isId('ep', id));
  for (const text of [`${id}0`, id.slice(0, -1), id.replace('ep_', 'rq_'), 'ep_#############', ''])
    assert.ok(!isId('ep', text), text);
});

test('a hold key leads back to the request and its attempt', () => {
  for (const attempt of [0, 1, 12]) {
    const id = { requestId: newId('rq', nowMs, randomBytes), attempt };
    assert.equal(holdKey({ ...id, attempt: 0 }).length, 13, 'every byte of it is paid for with every write');
    assert.deepEqual(parseHoldKey(holdKey(id)), id);
    assert.equal(idTimeMs(holdKey(id)), nowMs);
  }
});
