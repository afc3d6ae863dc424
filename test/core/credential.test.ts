import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { classifyCredential, digestToken, newToken, redactToken } from '../../functions/core/credential.ts';

test('tokens have the product’s form and say their kind', () => {
  const gatewayKey = newToken('gateway_key', randomBytes);
  assert.match(gatewayKey, /^ng-[0-9A-Za-z]+-g1-[0-9A-Za-z]+$/);
  assert.equal(classifyCredential(gatewayKey), 'gateway_key');
  assert.equal(classifyCredential(newToken('management_key', randomBytes)), 'management_key');
});

test('a token with any one character changed is malformed', () => {
  const token = newToken('gateway_key', randomBytes);
  for (let at = 3; at < token.length; at++) {
    const other = token[at] === 'x' ? 'y' : 'x';
    const changed = token.slice(0, at) + other + token.slice(at + 1);
    assert.equal(classifyCredential(changed), 'malformed', changed);
  }
});

test('what starts like our tokens is never taken for a provider’s key', () => {
  for (const text of ['ng-', 'ng-abc', 'ng_abc', 'ng-x-g1-y'])
    assert.equal(classifyCredential(text), 'malformed', text);
  for (const text of ['sk-proj-abc', 'sk-ant-abc', 'unused', 'angry'])
    assert.equal(classifyCredential(text), 'foreign', text);
});

test('tokens differ, and their digests depend on the pepper', () => {
  const tokens = new Set(Array.from({ length: 500 }, () => newToken('gateway_key', randomBytes)));
  assert.equal(tokens.size, 500);
  const [token] = tokens as unknown as [string];
  assert.notEqual(digestToken(token, 'a'), digestToken(token, 'b'));
});

test('a redacted token shows at most a third of it', () => {
  for (const token of ['', 'abc', 'abcdef', newToken('gateway_key', randomBytes)]) {
    const shown = redactToken(token).length - 1;
    assert.ok(shown <= token.length / 3, token);
  }
});
