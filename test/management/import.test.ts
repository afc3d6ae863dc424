import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parse } from 'yaml';
import { importPolicy, needlessActions } from '../../functions/endpoints/import-policy.ts';
import { actionTypes, unsupportedActions } from '../../functions/policy/actions.ts';

function report(text: string) {
  const result = importPolicy(text);
  assert.ok(!('mistake' in result), JSON.stringify(result));
  return result;
}

test('a policy of supported actions works as it is, to the byte', () => {
  const text = '# ours\non_http_request:\n  - actions:\n      - type: ai-gateway # all of it\n        config: {}\n';
  assert.deepEqual(report(text), {
    works: [{ path: 'on_http_request[0].actions[0]', what: 'action "ai-gateway"' }],
    adapted: [],
    notSupported: [],
    secrets: [],
    trafficPolicy: text,
  });
});

test('the short form of a rule is read too', () => {
  const { works } = report('on_http_request: [{ type: ai-gateway }]');
  assert.deepEqual(works, [{ path: 'on_http_request[0]', what: 'action "ai-gateway"' }]);
});

test('every action of the product is known, and each one is either there or has a remedy', () => {
  for (const type of [...actionTypes, ...unsupportedActions.keys()]) {
    const { works, adapted, notSupported } = report(`on_http_request: [{ actions: [{ type: ${type} }] }]`);
    const counts = [works.length, adapted.length, notSupported.length];
    if (actionTypes.includes(type)) assert.deepEqual(counts, [1, 0, 0], type);
    else assert.deepEqual(counts, needlessActions.has(type) ? [0, 1, 0] : [0, 0, 1], type);
    for (const { remedy } of notSupported) assert.ok(remedy.length > 10, type);
  }
});

test('a guard that is not supported stays in the text, so that nothing is opened in silence', () => {
  const text = `on_http_request:
  # people only
  - actions:
      - type: oauth
        config: { provider: google }
  - actions:
      - type: compress-response
  - actions:
      - type: ai-gateway
`;
  const { adapted, notSupported, trafficPolicy } = report(text);
  assert.deepEqual(
    adapted.map(({ path }) => path),
    ['on_http_request[1].actions[0]'],
  );
  assert.deepEqual(
    notSupported.map(({ path, what }) => [path, what]),
    [['on_http_request[0].actions[0]', 'action "oauth"']],
  );
  assert.match(trafficPolicy, /# people only/);
  assert.deepEqual(parse(trafficPolicy), {
    on_http_request: [
      { actions: [{ type: 'oauth', config: { provider: 'google' } }] },
      { actions: [{ type: 'ai-gateway' }] },
    ],
  });
});

const rates: [rate: string, capacity: number, window: string][] = [
  ['100/min', 100, '60s'],
  ['100 / minutes', 100, '60s'],
  ['5/s', 300, '60s'],
  ['2/sec', 120, '60s'],
  ['1000/hour', 1000, '3600s'],
  ['10000/day', 10_000, '86400s'],
];

for (const [rate, capacity, window] of rates) {
  test(`a rate of ${rate} becomes a capacity of ${capacity} in ${window}`, () => {
    const { adapted, trafficPolicy } = report(
      `on_http_request: [{ actions: [{ type: rate-limit, config: { name: a, rate: ${rate}, bucket_key: [conn.client_ip] } }] }]`,
    );
    assert.deepEqual(
      adapted.map(({ path }) => path),
      ['on_http_request[0].actions[0].config.rate'],
    );
    const [{ actions }] = parse(trafficPolicy).on_http_request;
    assert.deepEqual(actions[0].config, {
      name: 'a',
      rate: window,
      bucket_key: ['conn.client_ip'],
      capacity,
      algorithm: 'sliding_window',
    });
  });
}

test('a window as the reference has it stays', () => {
  const text = 'on_http_request: [{ actions: [{ type: rate-limit, config: { rate: 60s, capacity: 5 } }] }]';
  assert.equal(report(text).trafficPolicy, text);
});

test('secrets are listed; one that is read by name alone is read from the vault "default"', () => {
  const { adapted, secrets, trafficPolicy } = report(`on_http_request:
  - actions:
      - type: ai-gateway
        config:
          providers:
            - id: openai
              api_keys:
                - value: \${secrets.get('ai', 'openai')}
                - value: \${secrets.get("spare")}
                - value: \${secrets.get('ai', 'openai')}
`);
  assert.deepEqual(secrets, [
    { vault: 'ai', name: 'openai' },
    { vault: 'default', name: 'spare' },
  ]);
  assert.deepEqual(adapted, [
    {
      path: 'on_http_request.actions.config.providers.api_keys.value',
      what: 'secret "spare" is read from the vault "default"',
    },
  ]);
  assert.match(trafficPolicy, /secrets\.get\("default", "spare"\)/);
  assert.equal(parse(trafficPolicy).on_http_request[0].actions[0].config.providers[0].api_keys.length, 3);
});

test('phases of earlier days are renamed, and rules of connections come first', () => {
  const { adapted, trafficPolicy } = report(`enabled: true
inbound:
  - name: two
    actions: [{ type: deny }]
on_http_request:
  - name: one
    actions: [{ type: ai-gateway }]
on_tcp_connect:
  - name: zero
    actions: [{ type: restrict-ips }]
outbound:
  - name: three
    actions: [{ type: add-headers }]
`);
  assert.deepEqual(
    adapted.map(({ path }) => path),
    ['enabled', 'inbound', 'outbound', 'on_tcp_connect'],
  );
  const { on_http_request, on_http_response, ...rest } = parse(trafficPolicy);
  assert.deepEqual(
    on_http_request.map(({ name }: { name: string }) => name),
    ['zero', 'one', 'two'],
  );
  assert.deepEqual(
    on_http_response.map(({ name }: { name: string }) => name),
    ['three'],
  );
  assert.deepEqual(rest, {});
});

test('a policy that was switched off is not switched on', () => {
  const { notSupported } = report('enabled: false\non_http_request: [{ type: ai-gateway }]');
  assert.deepEqual(
    notSupported.map(({ path }) => path),
    ['enabled'],
  );
});

test('what is nothing at all is said to be that', () => {
  const { notSupported } = report(
    'on_friday: []\non_http_request: [5, { actions: [7, { type: fly }] }]\non_http_response: {}',
  );
  assert.deepEqual(
    notSupported.map(({ path, what }) => [path, what]),
    [
      ['on_friday', 'no such phase'],
      ['on_http_response', 'not a list'],
      ['on_http_request[0]', 'not a rule'],
      ['on_http_request[1].actions[0]', 'not an action'],
      ['on_http_request[1].actions[1]', 'there is no action "fly"'],
    ],
  );
});

const mistakes: [what: string, text: string, message: RegExp][] = [
  ['text that is not YAML', 'a: [', /line/],
  ['a list', '- a', /not a map of phases/],
  ['nothing', '', /not a map of phases/],
  ['a very long text', `# ${'x'.repeat(300_000)}`, /262144 bytes/],
  ['a very deep text', '['.repeat(100_000), /nested too deep|line/],
];

for (const [what, text, message] of mistakes) {
  test(`${what} is no policy`, () => {
    const result = importPolicy(text);
    assert.ok('mistake' in result);
    assert.match(result.mistake, message);
  });
}

test('whatever is imported, the adapted text is adapted: importing it again changes nothing', () => {
  const config = fc.oneof(
    fc.constant({ rate: '10/min' }),
    fc.constant({ value: `\${secrets.get('a')}` }),
    fc.dictionary(fc.string({ maxLength: 5 }), fc.jsonValue(), { maxKeys: 3 }),
  );
  const action = fc.record({
    type: fc.constantFrom(...actionTypes, ...unsupportedActions.keys(), 'fly', 'constructor'),
    config,
  });
  const rules = fc.array(fc.oneof(action, fc.record({ actions: fc.array(action, { maxLength: 3 }) })), {
    maxLength: 3,
  });
  const document = fc.dictionary(
    fc.constantFrom(
      'on_http_request',
      'on_http_response',
      'on_tcp_connect',
      'inbound',
      'outbound',
      'enabled',
      'constructor',
    ),
    fc.oneof(rules, fc.boolean()),
  );
  fc.assert(
    fc.property(document, value => {
      const first = report(JSON.stringify(value));
      const second = report(first.trafficPolicy);
      assert.deepEqual(second.adapted, []);
      assert.equal(second.trafficPolicy, first.trafficPolicy);
      assert.deepEqual(
        second.notSupported.map(({ what }) => what).sort(),
        first.notSupported.map(({ what }) => what).sort(),
      );
    }),
  );
});

test('no text makes it throw', () => {
  fc.assert(fc.property(fc.string({ unit: 'grapheme', maxLength: 200 }), text => void importPolicy(text)));
});
