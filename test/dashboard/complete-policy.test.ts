import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { suggest } from '../../functions/dashboard/app/pages/endpoint/editor/complete-policy.ts';
import { generateSchema } from '../../functions/policy/generate-schema.ts';

const schema = generateSchema();

/** @param text with `|` where the cursor is */
function labels(text: string): string[] | undefined {
  return suggest(text.replace('|', ''), text.indexOf('|'), schema)?.options.map(({ label }) => label);
}

const config = 'on_http_request:\n  - actions:\n      - type: ai-gateway\n        config:\n';

for (const [what, text, some, none] of [
  ['phases in an empty document', '|', ['on_http_request', 'on_http_response'], ['actions']],
  ['fields of a rule', 'on_http_request:\n  - |', ['name', 'actions', 'type'], ['providers']],
  ['fields of a rule at the column of its list', 'on_http_request:\n- na|', ['name'], ['on_http_request']],
  ['types of actions', 'on_http_request:\n  - actions:\n      - type: |', ['ai-gateway', 'deny'], ['sse-find-replace']],
  ['fields of that action alone', `${config}          |`, ['providers', 'on_error'], ['capacity', 'rate']],
  ['what is allowed', `${config}          on_error: |\n          providers: []`, ['halt', 'continue'], []],
  ['what is not there yet', `${config}          on_error: halt\n          |`, ['providers'], ['on_error']],
  [
    'what stands above its type',
    'on_http_request:\n  - config:\n      |\n    type: rate-limit',
    ['capacity'],
    ['providers'],
  ],
  ['entries of entries', `${config}          providers:\n            - id: x\n              |\n`, ['base_url'], ['id']],
] as const) {
  test(`suggests ${what}`, () => {
    const found = labels(text) ?? [];
    assert.deepEqual(
      some.filter(label => !found.includes(label)),
      [],
    );
    assert.deepEqual(
      none.filter(label => (found as string[]).includes(label)),
      [],
    );
  });
}

test('writes a list with its first entry and a map with room for its first key', () => {
  const text = `${config}          `;
  const written = new Map(suggest(text, text.length, schema)?.options.map(option => [option.label, option.text]));
  assert.equal(written.get('providers'), 'providers:\n            - ');
  assert.equal(written.get('model_selection'), 'model_selection:\n            ');
  assert.equal(written.get('on_error'), 'on_error: ');
});

test('says nothing inside texts and flow collections', () => {
  assert.equal(labels(`${config}          on_error: "ha|`)?.includes('providers'), false);
  assert.equal(labels('{"on_http_request": [|'), undefined);
});

test('takes whatever is written so far', () => {
  const word = fc.constantFrom(
    'on_http_request',
    'actions',
    'type',
    'config',
    'ai-gateway',
    ':',
    ': ',
    '- ',
    '\n',
    '  ',
  );
  const text = fc.array(fc.oneof(word, fc.string({ maxLength: 3 })), { maxLength: 30 }).map(parts => parts.join(''));
  fc.assert(
    fc.property(text, fc.nat(), (written, at) => {
      const offset = at % (written.length + 1);
      const found = suggest(written, offset, schema);
      assert.ok(found === undefined || (found.from >= 0 && found.from <= offset));
    }),
  );
});
