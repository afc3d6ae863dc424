import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parsePolicy } from '../../functions/policy/parse-policy.ts';
import { brokenPolicies } from './broken-policies.ts';

for (const { name, text, problems: expected } of brokenPolicies) {
  test(`refused: ${name}`, () => {
    const parsed = parsePolicy(text, { allowLoopback: false });
    assert('problems' in parsed, 'was accepted');
    const { problems } = parsed;
    for (const [code, path, message] of expected) {
      const found = problems.find(problem => problem.code === `ERR_NGROK_${code}` && problem.path === path);
      assert(found, `no ${code} at "${path}" in ${JSON.stringify(problems).slice(0, 1_000)}`);
      assert.match(found.message, message);
    }
    assert.equal(problems.length, expected.length, JSON.stringify(problems).slice(0, 1_000));
  });
}
