import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import fc from 'fast-check';
import { newToken } from '../../functions/core/credential.ts';
import { CredentialMask, isSecretHeader, masked } from '../../functions/core/mask-credentials.ts';

const bare = new CredentialMask([]);

const keys = [
  newToken('gateway_key', randomBytes),
  newToken('management_key', randomBytes),
  'sk-proj-abcdEFGH1234567890abcdEFGH',
  'sk-ant-api03-AbCdEf0123456789_-AbCdEf0123456789',
  'AIzaSyA1234567890abcdefghijklmnopqrstuv',
  'gsk_0123456789abcdefghijABCDEFGHIJ',
  'AKIAIOSFODNN7EXAMPLE',
  'whsec_0123456789abcdef0123456789',
  'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.c2lnbmF0dXJl',
];

test('keys of ours, of providers and of services are masked wherever they stand in a text', () => {
  for (const key of keys) {
    for (const text of [
      key,
      `the key ${key} is wrong`,
      `{"error":"Incorrect API key provided: ${key}."}`,
      `x=${key}&y=1`,
    ]) {
      const shown = bare.text(text);
      assert.ok(!shown.includes(key.slice(4)), shown);
      assert.ok(shown.includes(masked), shown);
    }
  }
});

test('credentials are masked by the names of their fields, parameters and headers', () => {
  assert.equal(bare.text('{"api_key": "plain text", "n": 1}'), `{"api_key": "${masked}", "n": 1}`);
  assert.equal(bare.text('{"password":"a\\"b","user":"u"}'), `{"password":"${masked}","user":"u"}`);
  assert.equal(bare.query('key=plain&q=keyboard&access_token=t'), `key=${masked}&q=keyboard&access_token=${masked}`);
  assert.equal(bare.header('authorization', 'Bearer anything'), `Bearer ${masked}`);
  assert.equal(bare.header('x-api-key', 'anything'), masked);
  assert.equal(bare.header('cookie', 'a=b'), masked);
});

test('what is no credential stays as it is', () => {
  for (const text of [
    'task-management-systems',
    'Basic idea: write tests',
    '{"tokens": "12"}',
    'a secret: "no"',
    'ng-if="x"',
  ]) {
    assert.equal(bare.text(text), text);
  }
  for (const name of ['idempotency-key', 'x-ratelimit-remaining-tokens', 'content-type', 'keyboard', 'user-agent']) {
    assert.equal(isSecretHeader(name), false, name);
  }
});

test('known credentials are masked whatever they look like, also where a text was cut inside them', () => {
  const texts = fc.string({ maxLength: 60 });
  const credentials = fc.string({ minLength: 8, maxLength: 40 }).filter(text => !masked.includes(text.slice(0, 4)));
  fc.assert(
    fc.property(texts, credentials, texts, (before, credential, after) => {
      const mask = new CredentialMask([credential]);
      assert.ok(!mask.text(before + credential + after).includes(credential));
      for (let length = 4; length < credential.length; length++) {
        const cut = mask.text(before + credential.slice(0, length), true);
        assert.ok(!cut.endsWith(credential.slice(0, length)) || masked.endsWith(credential.slice(0, length)), cut);
      }
    }),
  );
  for (const key of keys) {
    for (let length = 12; length < key.length; length++) {
      const cut = bare.text(`key: ${key.slice(0, length)}`, true);
      assert.ok(!cut.includes(key.slice(4, length)), cut);
    }
  }
});

test('masking what is masked already changes nothing, and takes time in proportion to the text', () => {
  fc.assert(
    fc.property(fc.string(), text => {
      const once = bare.text(`"api_key":"${text}" Bearer ${text} ${keys[0]}`);
      assert.equal(bare.text(once), once);
    }),
  );
  for (const hostile of ['sk-'.repeat(3_500), 'eyJ'.repeat(3_500), '"api_key":"'.repeat(1_000), 'sk-a'.repeat(2_600)]) {
    bare.text(hostile, true);
  }
});
