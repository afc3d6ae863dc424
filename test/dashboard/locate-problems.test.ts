import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { locateProblems, readPath } from '../../functions/dashboard/app/pages/endpoint/editor/locate-problems.ts';
import { formatPath } from '../../functions/policy/problems.ts';

const policy = `on_http_request:
  - name: first
    actions:
      - type: ai-gateway
        config:
          "odd key": 1
          providers: [{ id: openai }, { id: nobody }]
`;

for (const [path, found] of [
  ['on_http_request[0].actions[0].config["odd key"]', '"odd key": 1'],
  ['on_http_request[0].actions[0].config.providers[1].id', 'id: nobody }]'],
  ['on_http_request[0].actions[0].config.missing', 'config:'],
  ['on_http_request[7]', 'on_http_request:'],
  ['', 'on_http_request:'],
] as const) {
  test(`finds ${path || 'the document'}`, () => {
    const [placed] = locateProblems(policy, [{ code: 'x', path, message: 'wrong' }]);
    assert.equal(policy.slice(placed?.from, placed?.to), found);
  });
}

test('a text that is no YAML has its problem at the line and column that the message names', () => {
  const [placed] = locateProblems('a: 1\nb: [', [{ code: 'x', path: '', message: 'line 2, column 4: not closed' }]);
  assert.deepEqual([placed?.line, placed?.from, placed?.to], [2, 8, 9]);
});

test('a message without a subject is told with its field', () => {
  const [placed] = locateProblems(policy, [{ code: 'x', path: 'on_http_request[0].rate', message: 'is required' }]);
  assert.equal(placed?.message, 'rate is required');
});

test('reads the paths that problems have', () => {
  const part = fc.oneof(fc.nat(99), fc.stringMatching(/^[a-z_]\w{0,9}$/), fc.stringMatching(/^[a-z] [a-z.\]]{1,5}$/));
  fc.assert(
    fc.property(fc.array(part, { maxLength: 6 }), parts => {
      if (parts.includes('api_keys')) return; // what is below may be a key and is left out
      assert.deepEqual(readPath(formatPath(parts)), parts.map(String));
    }),
  );
});

test('places any problem in any text', () => {
  fc.assert(
    fc.property(fc.string(), fc.constantFrom('', 'a[0].b', 'on_http_request'), (text, path) => {
      const [placed] = locateProblems(text, [{ code: 'x', path, message: 'line 3, column 9: wrong' }]);
      assert.ok(placed && placed.from <= placed.to && placed.to <= text.length);
    }),
  );
});
