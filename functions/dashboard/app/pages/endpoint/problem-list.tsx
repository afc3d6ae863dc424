import type { PlacedProblem } from './editor/locate-problems.ts';

/** All that is wrong with a policy; each leads to its line. */
export function ProblemList({
  problems,
  onPick,
}: {
  problems: readonly PlacedProblem[];
  onPick(problem: PlacedProblem): void;
}) {
  if (problems.length === 0) return null;
  return (
    <ol class="problems" aria-label="Problems">
      {problems.map(problem => (
        <li key={`${problem.path} ${problem.message}`}>
          <button type="button" onClick={() => onPick(problem)}>
            Line {problem.line}
          </button>
          <div>
            <p>{problem.message}</p>
            <p class="muted small">
              {problem.path !== '' && <code>{problem.path}</code>} {problem.code}
            </p>
          </div>
        </li>
      ))}
    </ol>
  );
}
