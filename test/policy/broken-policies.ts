import { configPath, policyWith, policyWithProvider, providerPath } from './write-policy.ts';

/** A document that must be refused: with exactly these problems, each told with a part of its message. */
export interface BrokenPolicy {
  name: string;
  text: string;
  problems: [code: number, path: string, message: RegExp][];
}

function broken(name: string, text: string, ...problems: BrokenPolicy['problems']): BrokenPolicy {
  return { name, text, problems };
}

const action = 'on_http_request: [{ type: ai-gateway }]';
const at = configPath;
const own = providerPath;

const texts: BrokenPolicy[] = [
  broken('nothing', '', [2234, '', /begin it with "on_http_request:"/]),
  broken('only comments', '# later\n\n', [2234, '', /the policy is empty/]),
  broken('only a document start', '---\n', [2234, '', /the policy is empty/]),
  broken('null', 'null', [2234, '', /the policy is empty/]),
  broken('a quote without end', 'on_http_request: "a', [2236, '', /line 1, column \d+: .*end of a quote/]),
  broken('a bracket without end', 'on_http_request: [', [2236, '', /line 1.*bracket/]),
  broken('a brace too many', `${action}}`, [2236, '', /check quotes, brackets/]),
  broken('a missing colon', 'on_http_request\n  - type: ai-gateway', [2236, '', /":" may be missing/]),
  broken('crooked indentation', 'on_http_request:\n  - type: a\n    config: {}\n   name: b', [
    2236,
    '',
    /line 4.*column/,
  ]),
  broken('a tab as indentation', 'on_http_request:\n\t- type: ai-gateway', [2236, '', /line 2.*use spaces/]),
  broken('an unknown escape', 'on_http_request: "\\d"', [2236, '', /use single quotes/]),
  broken('a template without quotes in a flow map', '{ a: { value: ${b} } }', [2236, '', /\$\{…\} in quotes/]),
  broken('a text that begins with @', 'name: @me', [2236, '', /put it in quotes/]),
  broken('an anchor', 'on_http_request: &rules []', [2236, '', /line 1, column 18: "&" begins an anchor; write/]),
  broken('an alias', 'a: *rules', [2236, '', /"\*" begins an alias; write the value out/]),
  broken('aliases that multiply', 'a: &a [x,x]\nb: &b [*a,*a]\nc: [*b,*b]', [2236, '', /begins an anchor/]),
  broken('a tag', 'on_http_request: !!binary aGk=', [2236, '', /"!" begins a tag; remove it/]),
  broken('a tag on a map', 'on_http_request: !!set { a, b }', [2236, '', /begins a tag/]),
  broken('a merge key', `<<: {}\n${action}`, [2236, '["<<"]', /write the fields out/]),
  broken('a directive', `%YAML 1.1\n---\n${action}`, [2236, '', /line 1, column 1: "%" begins a directive/]),
  broken('two documents', `${action}\n---\n${action}`, [2236, '', /line 2.*only one document/]),
  broken('a key twice', `${action}\n${action}`, [2236, 'on_http_request', /remove one of them/]),
  broken('a key twice in JSON', '{"on_http_request": [], "on_http_request": []}', [2236, 'on_http_request', /twice/]),
  broken('a list as a key', '? [a]\n: b', [2236, '', /a key must be a text/]),
  broken('no key', ': b', [2236, '', /a key must be a text/]),
  broken('__proto__', '__proto__: { admin: true }', [2203, '__proto__', /use another name/]),
  broken('__proto__ in JSON', '{"on_http_request": [{"__proto__": 1}]}', [
    2203,
    'on_http_request[0].__proto__',
    /another/,
  ]),
  broken('constructor', 'constructor: {}', [2203, 'constructor', /use "on_http_request"/]),
  broken('a NUL byte', 'on_http_request:\0 []', [2236, '', /line 1, column 17: control character U\+0000; remove it/]),
  broken('an escape character', 'a: \x1b[0m', [2236, '', /U\+001b/]),
  broken('half a surrogate pair', 'a: "\ud800"', [2236, '', /not valid Unicode/]),
  broken('a number without end', 'a: .inf', [2204, 'a', /not a number that JSON knows/]),
  broken('a number that is too large', 'a: 12345678901234567890', [
    2204,
    'a',
    /too large to be exact; put it in quotes/,
  ]),
  broken('1 MB of nesting', '['.repeat(1024 * 1024), [2221, '', /1048576 bytes; 262144 is the most/]),
  broken('256 KB of open brackets', '['.repeat(256 * 1024), [2236, '', /over 64 deep; nest them less/]),
  broken('256 KB of closed brackets', `${'['.repeat(131_072)}${']'.repeat(131_072)}`, [2236, '', /over 64 deep/]),
  broken('256 KB of dashes', '- '.repeat(131_072), [2236, '', /over 64 deep/]),
  broken('256 KB of maps', '{a: '.repeat(65_536), [2236, '', /over 64 deep/]),
  broken('nested keys', '? '.repeat(100_000), [2236, '', /over 64 deep/]),
  broken('256 KB of comments', '#\n'.repeat(131_072), [2218, '', /over 20000 words and signs; shorten it/]),
  broken('many short keys', keys(20_000), [2218, '', /over 20000 words and signs/]),
  broken('a map of 501 entries', keys(501), [2218, '', /has 501 entries; 500 is the most/]),
  broken('256 KB of unknown escapes', `"${'\\z'.repeat(131_000)}"`, [2236, '', /line 1, column 2: in double quotes/]),
  broken('1001 templates', `a: "${'${b}'.repeat(1_001)}"`, [2218, '', /1001 \$\{…\} parts; 1000 is the most/]),
];

function keys(count: number): string {
  return Array.from({ length: count }, (_, index) => `k${index}: 1`).join('\n');
}

const rules: BrokenPolicy[] = [
  broken('a list of rules', '- type: ai-gateway', [2204, '', /a policy is a map of phases, not a list/]),
  broken('a text', 'ai-gateway', [2204, '', /not "ai-gateway"; begin it with "on_http_request:"/]),
  broken('a date', '2024-01-01', [2204, '', /a map of phases/]),
  broken('no rules', '{}', [2234, '', /needs an action that answers/]),
  broken('an empty phase', 'on_http_request: []', [2234, '', /add it under on_http_request/]),
  broken('a phase without value', 'on_http_request:', [2223, 'on_http_request', /begin each rule with "- actions:"/]),
  broken('a phase that is a map', 'on_http_request: { type: ai-gateway }', [2204, 'on_http_request', /is not a list/]),
  broken('a misspelt phase', 'on_http_requests: []', [2203, 'on_http_requests', /did you mean "on_http_request"\?/]),
  broken('a key that looks like a boolean', 'on: []', [2203, 'on', /unknown field "on"/]),
  broken('a config without a policy', 'total_timeout: 3m', [
    2203,
    'total_timeout',
    /put it under on_http_request, actions/,
  ]),
  broken('on_tcp_connect', `on_tcp_connect: []\n${action}`, [
    2205,
    'on_tcp_connect',
    /speak HTTP.*use on_http_request/,
  ]),
  broken('a rule that is a text', 'on_http_request: [ai-gateway]', [
    2204,
    'on_http_request[0]',
    /is not a rule; write/,
  ]),
  broken('a rule without actions', 'on_http_request: [{ name: a }]', [
    2206,
    'on_http_request[0].actions',
    /type: ai-gateway/,
  ]),
  broken('no actions', 'on_http_request: [{ actions: [] }]', [2206, 'on_http_request[0].actions', /no actions; write/]),
  broken('null actions', 'on_http_request: [{ actions: }]', [2206, 'on_http_request[0].actions', /has no actions/]),
  broken('actions that are a map', 'on_http_request: [{ actions: { type: ai-gateway } }]', [
    2204,
    'on_http_request[0].actions',
    /a map is not a list of actions/,
  ]),
  broken('an action that is a text', 'on_http_request: [{ actions: [ai-gateway] }]', [
    2204,
    'on_http_request[0].actions[0]',
    /is not an action; write "- type: ai-gateway"/,
  ]),
  broken('an action without type', 'on_http_request: [{ actions: [{ config: {} }] }]', [
    2234,
    'on_http_request[0].actions[0].type',
    /needs a type; supported: ai-gateway/,
  ]),
  broken('a short rule without type', 'on_http_request: [{ config: {} }]', [
    2234,
    'on_http_request[0].type',
    /needs a/,
  ]),
  broken('a type that is a number', 'on_http_request: [{ type: 7 }]', [2204, 'on_http_request[0].type', /7 is not/]),
  broken('an action that is not there', 'on_http_request: [{ type: teleport }]', [
    2201,
    'on_http_request[0].type',
    /action "teleport" is not supported; supported: ai-gateway, /,
  ]),
  ...['oauth', 'oidc', 'saml', 'owasp-crs-request', 'owasp-crs-response', 'terminate-tls', 'forward-internal'].map(
    type =>
      broken(`the action ${type}`, `on_http_request: [{ type: ${type} }, { type: ai-gateway }]`, [
        2201,
        'on_http_request[0].type',
        new RegExp(`action "${type}" is not supported: .{20}`),
      ]),
  ),
  broken('a misspelt action', 'on_http_request: [{ type: AI_Gateway }]', [
    2201,
    'on_http_request[0].type',
    /did you mean "ai-gateway"\?/,
  ]),
  broken('an action of Object.prototype', 'on_http_request: [{ type: toString }]', [
    2201,
    'on_http_request[0].type',
    /"toString" is not supported/,
  ]),
  broken('an action in the wrong phase', 'on_http_response: [{ type: ai-gateway }]', [
    2202,
    'on_http_response[0].type',
    /does not run in on_http_response; move it to "on_http_request"/,
  ]),
  broken('an unknown field of an action', 'on_http_request: [{ actions: [{ type: ai-gateway, confg: {} }] }]', [
    2203,
    'on_http_request[0].actions[0].confg',
    /did you mean "config"\?/,
  ]),
  broken('an unknown field of a rule', 'on_http_request: [{ expression: [], actions: [{ type: ai-gateway }] }]', [
    2203,
    'on_http_request[0].expression',
    /did you mean "expressions"\?/,
  ]),
  broken('both forms of a rule', 'on_http_request: [{ type: ai-gateway, actions: [{ type: ai-gateway }] }]', [
    2203,
    'on_http_request[0].type',
    /use "name", "expressions" or "actions"/,
  ]),
  broken('a rule name that is a number', 'on_http_request: [{ name: 1, type: ai-gateway }]', [
    2204,
    'on_http_request[0].name',
    /put it in quotes: "1"/,
  ]),
  broken('a config that is a text', 'on_http_request: [{ type: ai-gateway, config: none }]', [
    2204,
    'on_http_request[0].config',
    /"none" is not a map; write a map with "max_input_tokens"/,
  ]),
  broken('two actions', 'on_http_request: [{ type: ai-gateway }, { type: ai-gateway }]', [
    2207,
    'on_http_request[1]',
    /never reached.*remove one/,
  ]),
  broken('rules that never answer', 'on_http_request: [{ type: log, config: { metadata: {} } }]', [
    2234,
    '',
    /needs an action that answers, such as ai-gateway; add it under on_http_request/,
  ]),
  broken('an expression with an unknown variable', 'on_http_request: [{ expressions: [a == b], type: ai-gateway }]', [
    2200,
    'on_http_request[0].expressions[0]',
    /there is no variable "a" here/,
  ]),
  broken(
    'an answer before there is one',
    'on_http_request: [{ expressions: [res.status_code == 200], type: ai-gateway }]',
    [2200, 'on_http_request[0].expressions[0]', /move it into a rule of on_http_response/],
  ),
  broken(
    'a template in an action that does not compile',
    "on_http_request: [{ type: custom-response, config: { body: '${req.nothing}' } }]",
    [2224, 'on_http_request[0].config.body', /nothing/],
  ),
  broken(
    'a pattern that looks ahead',
    "on_http_request: [{ type: request-body-find-replace, config: { replacements: [{ from: 'a(?=b)' }] } }, { type: ai-gateway }]",
    [2261, 'on_http_request[0].config.replacements[0].from', /look-around/],
  ),
  broken(
    'a replacement with a group that is not there',
    "on_http_request: [{ type: request-body-find-replace, config: { replacements: [{ from: '(a)', to: '${b}' }] } }, { type: ai-gateway }]",
    [2204, 'on_http_request[0].config.replacements[0].to', /neither a variable nor a group/],
  ),
  broken(
    'a pattern without an end for a stream',
    "on_http_request: [{ type: ai-gateway }]\non_event_stream_message: [{ type: sse-find-replace, config: { scope: text, replacements: [{ from: 'a+' }] } }]",
    [2261, 'on_event_stream_message[0].config.replacements[0].from', /upper limits/],
  ),
  broken(
    'the scope of another field',
    'on_http_request: [{ type: ai-gateway }]\non_event_stream_message: [{ type: sse-find-replace, config: { field: retry, scope: text, replacements: [{ from: a }] } }]',
    [2204, 'on_event_stream_message[0].config.field', /remove the field/],
  ),
  broken(
    'a header that stays',
    'on_http_request: [{ type: add-headers, config: { headers: { User-Agent: me } } }, { type: ai-gateway }]',
    [2222, 'on_http_request[0].config.headers.User-Agent', /always stays what the client sent/],
  ),
  broken('101 rules', `on_http_request: [${'{ type: ai-gateway, config: { on_error: continue } }, '.repeat(101)}]`, [
    2264,
    '',
    /101 rules; 100 is the most/,
  ]),
  broken(
    '33 actions in a rule',
    `on_http_request: [{ actions: [${'{ type: ai-gateway, config: { on_error: continue } }, '.repeat(33)}] }]`,
    [2265, 'on_http_request[0].actions', /33 entries; 32 is the most/],
  ),
];

const configs: BrokenPolicy[] = [
  broken('a misspelt field', policyWith('total_timout: 3m'), [2203, `${at}.total_timout`, /mean "total_timeout"\?/]),
  broken('a field of another product', policyWith('cache: true'), [2203, `${at}.cache`, /use "max_input_tokens", /]),
  broken('a duration without unit', policyWith('total_timeout: 30'), [
    2204,
    `${at}.total_timeout`,
    /30 is not a dur.*"30s"/,
  ]),
  broken('a duration in words', policyWith('total_timeout: 3 minutes'), [2204, `${at}.total_timeout`, /"2m"/]),
  broken('more time than the function has', policyWith('total_timeout: 20m'), [
    2215,
    `${at}.total_timeout`,
    /"20m" is too long; write at most "14m30s": .* ends after 15m, and keeps the last 30s to settle/,
  ]),
  broken('no time', policyWith('per_request_timeout: 0s'), [2215, `${at}.per_request_timeout`, /write at least "1ms"/]),
  broken('too many tokens', policyWith('max_input_tokens: 500001'), [
    2215,
    `${at}.max_input_tokens`,
    /500000 is the most/,
  ]),
  broken('no tokens', policyWith('max_output_tokens: 0'), [2215, `${at}.max_output_tokens`, /0 .* write at least 1/]),
  broken('a value that is near', policyWith('on_error: halts'), [2222, `${at}.on_error`, /did you mean "halt"\?/]),
  broken('a boolean in words', policyWith('only_allow_configured_models: yes'), [
    2204,
    `${at}.only_allow_configured_models`,
    /"yes" is not true or false; write one of them, without quotes/,
  ]),
  broken('a field without value', policyWith('providers:'), [2223, `${at}.providers`, /write a list, or remove it/]),
  broken('bad CEL', policyWith('model_selection: { strategy: ["ai.models.filter("] }'), [
    2200,
    `${at}.model_selection.strategy[0]`,
    /write a CEL expression, such as "ai\.models/,
  ]),
  broken('bad CEL for keys', policyWith('api_key_selection: { strategy: ["ai.keys["] }'), [
    2200,
    `${at}.api_key_selection.strategy[0]`,
    /such as "ai\.keys/,
  ]),
  broken('a strategy without list', policyWith('model_selection: { strategy: ai.models }'), [
    2204,
    `${at}.model_selection.strategy`,
    /is not a list; write its entries on lines that begin with "- "/,
  ]),
  broken('a template without end', policyWith('headers: { a: "${b" }'), [
    2224,
    `${at}.headers.a`,
    /write \$\{…\} around/,
  ]),
  broken('a header over two lines', policyWith('headers: { a: "b\\r\\nhost: c" }'), [
    2204,
    `${at}.headers.a`,
    /line break.*write it in one line/,
  ]),
  broken('a header of the connection', policyWith('headers: { Host: a }'), [2222, `${at}.headers.Host`, /remove it/]),
  broken('a model in body', policyWith('body: { model: gpt-4o }'), [
    2222,
    `${at}.body.model`,
    /chosen by the client and/,
  ]),
  broken('stream in body', policyWith('body: { stream: true }'), [
    2222,
    `${at}.body.stream`,
    /the client reads either/,
  ]),
  broken('a provider without id', policyWith('providers: [{ disabled: true }]'), [
    2234,
    `${at}.providers[0].id`,
    /required and missing; add it/,
  ]),
  broken('a misspelt provider', policyWith('providers: [{ id: opnai }]'), [
    2234,
    `${at}.providers[0].base_url`,
    /"opnai" is not in the catalog.*correct the id to "openai", or add base_url/,
  ]),
  broken('an unknown provider', policyWith('providers: [{ id: our-own-models }]'), [
    2234,
    `${at}.providers[0].base_url`,
    /base_url is required; add base_url: https/,
  ]),
  broken('a provider twice, in two spellings', policyWith('providers: [{ id: google }, { id: Gemini }]'), [
    2204,
    `${at}.providers[1].id`,
    /"Gemini" already names the same provider as "google"; rename one, or join the two/,
  ]),
  broken('a base URL over http', policyWith('providers: [{ id: own, base_url: "http://own.example" }]'), [
    2204,
    `${own}.base_url`,
    /"http:\/\/own\.example" is not allowed; use https/,
  ]),
  broken('a base URL that is none', policyWith('providers: [{ id: own, base_url: own.example }]'), [
    2204,
    `${own}.base_url`,
    /is not a URL; write one such as "https:/,
  ]),
  broken('a base URL on this machine', policyWith('providers: [{ id: own, base_url: "https://127.1/v1" }]'), [
    2204,
    `${own}.base_url`,
    /is this machine, which only local stacks may call/,
  ]),
  broken('a base URL with a password', policyWith('providers: [{ id: own, base_url: "https://a:b@own.example" }]'), [
    2204,
    `${own}.base_url`,
    /^a base URL cannot hold a user or password; use api_keys or headers$/,
  ]),
  broken('a model twice', policyWithProvider('models: [{ id: a }, { id: A }]'), [
    2204,
    `${own}.models[1].id`,
    /"A" already names the same model as "a"/,
  ]),
  broken('an alias twice', policyWithProvider('models: [{ id: a, id_aliases: [c] }, { id: b, id_aliases: [c] }]'), [
    2204,
    `${own}.models[1].id_aliases[0]`,
    /"c" already names another model; remove it, or choose another alias/,
  ]),
  broken('a model id that is a number', policyWithProvider('models: [{ id: 4 }]'), [
    2204,
    `${own}.models[0].id`,
    /4 is a number, not a text; put it in quotes: "4"/,
  ]),
  broken('a key that is a number', policyWithProvider('api_keys: [{ value: 12345 }]'), [
    2204,
    `${own}.api_keys[0].value`,
    /^this is a number, not a text; put it in quotes$/,
  ]),
  broken('a key without its field', policyWithProvider('api_keys: [sk-1]'), [
    2204,
    `${own}.api_keys[0]`,
    /^this is not a map; write a map with "value"$/,
  ]),
  broken('a misspelt field of a key', policyWithProvider('api_keys: [{ vlaue: a, value: b }]'), [
    2203,
    `${own}.api_keys[0]["…"]`,
    /unknown field "vlaue"; did you mean "value"\?/,
  ]),
  broken(
    'supported_params without surface',
    policyWithProvider('supported_api_surfaces: [{ format: openai, supported_params: [] }]'),
    [
      2204,
      `${own}.supported_api_surfaces[0].supported_params`,
      /add surface, such as "chat-completions", or remove it/,
    ],
  ),
  broken(
    'a surface of another format',
    policyWithProvider('supported_api_surfaces: [{ format: openai, surface: messages }]'),
    [2222, `${own}.supported_api_surfaces[0].surface`, /"messages" belongs to format "anthropic"/],
  ),
  broken(
    'several mistakes',
    policyWith('on_error: stop\nmax_input_tokens: -1\nproviders: [{ id: nobody }]\nbody: { models: [] }'),
    [2215, `${at}.max_input_tokens`, /-1 is too small/],
    [2222, `${at}.body.models`, /cannot be set here/],
    [2222, `${at}.on_error`, /write "halt" or "continue"|Allowed/],
    [2234, `${at}.providers[0].base_url`, /"nobody" is not in the catalog/],
  ),
];

/** Documents that the product must refuse at once, whatever they cost to read. */
export const brokenPolicies: BrokenPolicy[] = [...texts, ...rules, ...configs];
