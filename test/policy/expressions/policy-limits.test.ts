import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EvaluationError } from '../../../functions/policy/expressions/expression-error.ts';
import { hostileExpressions, hostileFacts } from './hostile-expressions.ts';
import { value } from './policy-fixture.ts';

/** Time is not asserted here: each answer below was ended by a limit, which counts and always counts the same. */
for (const [name, source] of Object.entries(hostileExpressions)) {
  test(`ends ${name}`, () => {
    const ends: string[] = [];
    for (let time = 0; time < 2; time++) {
      try {
        value(source, hostileFacts);
        ends.push('answered');
      } catch (error) {
        assert(error instanceof EvaluationError, String(error));
        assert.notEqual(error.message, 'the expression could not be computed');
        assert(error.message.length < 300);
        ends.push(error.message);
      }
    }
    assert.equal(ends[0], ends[1]);
    if (!name.endsWith('(answered)'))
      assert.match(String(ends[0]), /too long|steps|nested more|counts up to|not a duration/);
  });
}
