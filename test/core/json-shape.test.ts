import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { hasEscapedName, hasMember, hasRepeatedMember } from '../../functions/core/json-shape.ts';

test('JSON as JSON.stringify writes it repeats no member, whatever is in it', () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.nat({ max: 4 }), (value, spaces) => {
      assert.equal(hasRepeatedMember(JSON.stringify(value, null, spaces), value), false);
    }),
    { numRuns: 1_000 },
  );
});

test('a repeated member is found wherever it is', () => {
  const member = fc.tuple(fc.string(), fc.jsonValue());
  fc.assert(
    fc.property(fc.jsonValue(), member, fc.jsonValue(), (around, [name, first], second) => {
      const twice = `{${JSON.stringify(name)}:${JSON.stringify(first)},${JSON.stringify(name)} : ${JSON.stringify(second)}}`;
      for (const text of [twice, `[${JSON.stringify(around)},{"a":${twice}}]`]) {
        assert.equal(hasRepeatedMember(text, JSON.parse(text)), true);
      }
    }),
    { numRuns: 1_000 },
  );
});

test('colons in strings are no members, and a name with an escape is the same name', () => {
  for (const text of ['{"a":":\\":\\\\"}', '{"a:b":1,":":{}}', '{"__proto__":1}', '[]', '":"']) {
    assert.equal(hasRepeatedMember(text, JSON.parse(text)), false, text);
  }
  for (const text of ['{"a":1,"\\u0061":2}', '{"__proto__":1,"__proto__":1}']) {
    assert.equal(hasRepeatedMember(text, JSON.parse(text)), true, text);
  }
});

test('a text of any depth is read', () => {
  const deep = `${'[{"a":'.repeat(100_000)}1${'}]'.repeat(100_000)}`;
  assert.equal(hasRepeatedMember(deep, JSON.parse(deep)), false);
});

test('a member is found at any depth, and only as a member', () => {
  assert.equal(hasMember({ a: [1, { ttl: null }] }, 'ttl'), true);
  assert.equal(hasMember({ a: ['ttl', { b: 'ttl' }] }, 'ttl'), false);
  assert.equal(hasMember(Array(300_000).fill(1), 'ttl'), false);
});

test('an escape for what names are made of is found in names, and only there', () => {
  for (const text of [
    '{"\\u0074ype":1}',
    '{"a":[{"b_\\u005f" \n :1}]}',
    '{"\\\\\\u0041":1}',
    '{"x\\u006E":1}',
    '{"\\u0039":1}',
  ]) {
    JSON.parse(text);
    assert.equal(hasEscapedName(text), true, text);
  }
  for (const text of [
    '{"type":"\\u0074ype"}',
    '["\\u0074",{"a":1}]',
    '{"\\\\u0074ype":1}',
    '{"\\u00e9\\u003c\\"":"\\u0041"}',
    '{}',
  ]) {
    JSON.parse(text);
    assert.equal(hasEscapedName(text), false, text);
  }
});

test('no name is read otherwise than it is written, unless it has such an escape', () => {
  const name = fc.string({ unit: fc.constantFrom('\\', 'u', '0', 't', '7', '4', '"', 'é', '_'), maxLength: 8 });
  const written = (text: string) => text.replace(/[t_]/g, letter => `\\u00${letter.charCodeAt(0).toString(16)}`);
  fc.assert(
    fc.property(name, fc.boolean(), (plain, escapes) => {
      const json = JSON.stringify({ a: 1, [plain]: 2 });
      const text = escapes ? written(json) : json;
      assert.equal(hasEscapedName(text), escapes && /[t_]/.test(plain));
    }),
    { numRuns: 1_000 },
  );
});
