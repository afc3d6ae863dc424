import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { before, test } from 'node:test';
import fc from 'fast-check';
import { EvaluationError, ExpressionError } from '../../../functions/policy/expressions/expression-error.ts';
import {
  compileTemplate,
  needsTemplateEngine,
  openTemplateEngine,
} from '../../../functions/policy/expressions/template.ts';

before(openTemplateEngine);

const vaults: Record<string, Record<string, string>> = {
  openai: { key: 'sk-hidden', 'key-two': 'sk-hidden-2' },
  default: { token: 'tk-hidden', 'with space': 'ws-hidden' },
};

const scope = { secrets: { get: (vault: string, name: string) => vaults[vault]?.[name] } };

const render = (text: string) => compileTemplate(text).render(scope);

const openaiKey = "secrets.get('openai', 'key')";

const rendered: [text: string, value: unknown][] = [
  // constants
  ['', ''],
  ['plain', 'plain'],
  ['$5 {x} } $', '$5 {x} } $'],
  [`$\${x}`, `\${x}`],
  [`a $\${b} \${'c'}`, `a \${b} c`],
  [`$$\${x}`, `$\${x}`],
  // secrets
  [`\${${openaiKey}}`, 'sk-hidden'],
  [`\${ secrets.get( "openai" , "key" ) }`, 'sk-hidden'],
  [`\${secrets.get('token')}`, 'tk-hidden'],
  [`Bearer \${${openaiKey}}!`, 'Bearer sk-hidden!'],
  [`\${secrets.get('token')}:\${${openaiKey}}`, 'tk-hidden:sk-hidden'],
  [`\${secrets.get('open' + 'ai', 'key')}`, 'sk-hidden'],
  [`\${secrets.get('''with space''')}`, 'ws-hidden'],
  [`\${size(${openaiKey}) > 3 ? 'long' : 'short'}`, 'long'],
  // alone, an expression keeps its type
  [`\${1 + 1}`, 2],
  [`\${1.5}`, 1.5],
  [`\${7u}`, 7],
  [`\${true}`, true],
  [`\${null}`, null],
  [`\${9223372036854775807}`, '9223372036854775807'],
  [`\${b'abc'}`, 'YWJj'],
  [`\${['a', 1, null]}`, ['a', 1, null]],
  [`\${{'a': {'b': [1, 2.5]}, 'c': secrets.get('token')}}`, { a: { b: [1, 2.5] }, c: 'tk-hidden' }],
  // among other text it becomes text
  [` \${1 + 1}`, ' 2'],
  [`<\${null}\${true}\${1.0}\${'x'}>`, '<true1x>'],
  [`x=\${{'a': [1, 'b']}}`, 'x={"a":[1,"b"]}'],
  // braces in strings, maps and comments do not end an expression
  [`\${'}'}`, '}'],
  [`\${"}\\"}"}`, '}"}'],
  [`\${'''it's }'''}`, "it's }"],
  [`\${{'}': {'{': 1}}}`, { '}': { '{': 1 } }],
  [`\${1 // } not yet\n}`, 1],
];

for (const [text, value] of rendered) {
  test(`${JSON.stringify(text)} becomes ${JSON.stringify(value)}`, () => {
    const template = compileTemplate(text);
    assert.equal(template.text, text);
    assert.deepEqual(template.render(scope), value);
    assert.equal(template.isConstant, !/(^|[^$])\$\{/.test(text));
  });
}

const used: [text: string, secrets: [vault: string, name: string][] | undefined][] = [
  ['plain', []],
  [`\${1}`, []],
  [`\${${openaiKey}}`, [['openai', 'key']]],
  [`\${secrets.get('token')}`, [['default', 'token']]],
  [
    `\${${openaiKey}} \${${openaiKey}} \${secrets.get('x')}`,
    [
      ['openai', 'key'],
      ['default', 'x'],
    ],
  ],
  [
    `\${true ? ${openaiKey} : secrets.get('b')}`,
    [
      ['openai', 'key'],
      ['default', 'b'],
    ],
  ],
  [`\${secrets.get('open' + 'ai', 'key')}`, undefined],
  [`\${secrets.get(secrets.get('token'))}`, undefined],
  [`\${cel.bind(s, secrets, s.get('token'))}`, undefined],
  [`\${['token'].map(n, secrets.get(n))}`, undefined],
];

for (const [text, secrets] of used) {
  test(`${text} uses ${secrets ? JSON.stringify(secrets) : 'secrets that only rendering tells'}`, () => {
    const expected = secrets?.map(([vault, name]) => ({ vault, name }));
    assert.deepEqual(compileTemplate(text).secretsUsed, expected);
  });
}

const unclosed = `"\${" is never closed by "}"; write "$\${" for the characters themselves`;
const empty = `"\${}" is empty; write an expression in it, or "$\${" for the characters themselves`;

const refused: [text: string, message: string][] = [
  [`a \${b`, `${unclosed} (line 1, column 3)`],
  [`\${'}`, `${unclosed} (line 1, column 1)`],
  [`\${}`, empty],
  [`\${  }`, empty],
  [
    `\${env.HOME}`,
    'there is no variable "env" here; known: actions, base64, basic_auth, conn, endpoint, hash, json, lists, pii, queryString, rand, req, secrets, strings, time, url, vars, and what a loop such as filter(m, …) names (line 1, column 1)',
  ],
  [`\${secrets.key}`, 'secrets has no field "key"; there is none (line 1, column 9)'],
  [
    `\${secrets.get(1)}`,
    '"Secrets.get(int)" is not how "get" is called; write Secrets.get(string, string) or Secrets.get(string) (line 1, column 1)',
  ],
  [
    `\${secrets.get('a', 'b', 'c')}`,
    '"Secrets.get(string, string, string)" is not how "get" is called; write Secrets.get(string, string) or Secrets.get(string) (line 1, column 1)',
  ],
  [`\${1 + }`, 'unexpected token: the end (line 1, column 5)'],
  [
    `\${'a'.matches('(?!b)')}`,
    'the pattern "(?!b)" is not RE2 syntax: "(?!…)" is look-ahead (at character 1); RE2 has no look-around and no back-references (line 1, column 13)',
  ],
  [`\${1}`.repeat(33), 'a text can hold 32 expressions; split it (line 1, column 129)'],
];

for (const [text, message] of refused) {
  test(`refuses ${JSON.stringify(text.slice(0, 60))}`, () => {
    assert.throws(
      () => compileTemplate(text),
      error => {
        assert(error instanceof ExpressionError);
        assert.equal(error.message, message);
        return true;
      },
    );
  });
}

const failing: [text: string, message: string][] = [
  [`\${secrets.get('openai', 'none')}`, 'There is no secret "none" in vault "openai"; create it, or correct the name'],
  [`\${secrets.get('none')}`, 'There is no secret "none" in vault "default"; create it, or correct the name'],
  [`\${secrets.get('none') + ''}`, 'There is no secret "none" in vault "default"; create it, or correct the name'],
  [`\${secrets.get('openai', secrets.get('token'))}`, 'There is no secret of the name that secrets.get was given'],
  [`\${{'a': 1}[secrets.get('token')]}`, 'No such key'],
  [`\${bool(secrets.get('token'))}`, 'bool() reads "true" and "false" only'],
  [`\${secrets}`, 'The expression gives an object that has no text; read one of its fields'],
  [`\${{'a': [secrets]}}`, 'The expression gives an object that has no text; read one of its fields'],
];

for (const [text, message] of failing) {
  test(`fails without showing a secret: ${text}`, () => {
    assert.throws(() => render(text), new EvaluationError(message));
  });
}

test('text without an expression comes out as it went in', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), text => {
      fc.pre(!text.includes('${'));
      assert.equal(render(text), text);
    }),
  );
});

test('any text can be written: as a string in an expression, or with its braces escaped', () => {
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom('a', '$', '{', '}', "'", '"', '\\', '\n', '/', ' ') }), text => {
      assert.equal(render(`<\${${JSON.stringify(text)}}>`), `<${text}>`);
      fc.pre(!text.endsWith('$'));
      const escaped = text.replaceAll('${', () => `$\${`);
      fc.pre(!escaped.includes(`$$\${`) || !text.includes(`$\${`));
      assert.equal(render(escaped), text);
    }),
  );
});

test('any text is read or refused, never more', () => {
  const pieces = fc.constantFrom(
    '${',
    '}',
    "'",
    '"',
    '{',
    '$',
    '//',
    '\n',
    'secrets',
    '.get(',
    ')',
    "'a'",
    ',',
    '1',
    '+',
    ' ',
    '\\',
  );
  fc.assert(
    fc.property(fc.array(pieces, { maxLength: 12 }), parts => {
      try {
        render(parts.join(''));
      } catch (error) {
        assert(error instanceof ExpressionError || error instanceof EvaluationError, String(error));
      }
    }),
    { numRuns: 2_000 },
  );
});

test('only expressions beyond secrets.get need the engine', () => {
  for (const text of ['plain', `$\${x}`, `\${${openaiKey}}`, `Bearer \${secrets.get("token")}`]) {
    assert.equal(needsTemplateEngine(text), false, text);
  }
  for (const text of [
    `\${1}`,
    `\${secrets.get('a' + 'b')}`,
    `\${secrets.get('a\\'b')}`,
    `\${secrets.get('a')} \${true}`,
  ]) {
    assert.equal(needsTemplateEngine(text), true, text);
  }
});

test('without the engine secrets are read, and the engine is not loaded', () => {
  const template = new URL('../../../functions/policy/expressions/template.ts', import.meta.url);
  const script = `
    import { registerHooks } from 'node:module';
    registerHooks({ resolve(name, context, next) {
      if (name === 'cel-js' || name === 're2js') throw new Error('loads ' + name);
      return next(name, context);
    } });
    const { compileTemplate } = await import('${template}');
    const text = '$' + "{secrets.get('vault', 'name')}";
    console.log(compileTemplate(text).render({ secrets: { get: (vault, name) => vault + '/' + name } }));
    try { compileTemplate('$' + '{1}'); } catch (error) { console.log(error.message); }
  `;
  const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '--eval', script], {
    encoding: 'utf8',
  });
  assert.equal(stdout, 'vault/name\nthis template needs the CEL engine; await openTemplateEngine() first\n', stderr);
});
