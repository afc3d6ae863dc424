import type { CompiledRule, RunAction, StreamAction } from './compile-rules.ts';
import type { MessageTransform } from './message-transform.ts';
import type { PolicyAnswer, PolicyRun } from './policy-run.ts';

/**
 * Runs the rules of a phase in order, of each that holds its actions, until one answers.
 * @throws GatewayError of an action that refuses the request, or of one that failed
 */
export async function runPhase(
  rules: readonly CompiledRule<RunAction>[],
  run: PolicyRun,
): Promise<PolicyAnswer | undefined> {
  run.beginPhase();
  for (const rule of rules) {
    if (!rule.holds(run)) continue;
    run.matched.push(rule.label);
    for (const action of rule.actions) {
      const answer = await action.run(run);
      if (answer) return answer;
    }
  }
  return undefined;
}

/**
 * What becomes of a stream's events. Expressions are decided once, when the stream begins: no variable is about a single
 * event.
 */
export function messageTransforms(rules: readonly CompiledRule<StreamAction>[], run: PolicyRun): MessageTransform[] {
  run.beginPhase();
  const applying = rules.filter(rule => rule.holds(run));
  run.matched.push(...applying.map(({ label }) => label));
  return applying.flatMap(({ actions }) => actions.map(action => action.run(run)));
}
