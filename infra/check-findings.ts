import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** The part of CDK's validation report that matters here. What the stack acknowledges is not in it. */
export interface ValidationReport {
  pluginReports: {
    pluginName: string;
    violations: { ruleName: string; description: string; violatingConstructs: { constructPath?: string }[] }[];
  }[];
}

/** One line for each finding that nobody has answered for. */
export function listFindings({ pluginReports }: ValidationReport): string[] {
  return pluginReports.flatMap(({ violations }) =>
    violations.flatMap(({ ruleName, description, violatingConstructs }) =>
      violatingConstructs.map(
        ({ constructPath = '(the whole app)' }) => `${constructPath}: ${ruleName}: ${firstSentence(description)}`,
      ),
    ),
  );
}

function firstSentence(text: string): string {
  return text.split(/(?<=\.)\s/, 1)[0] ?? text;
}

/** `cdk synth` only writes findings down and succeeds all the same. */
function main(reportFile: string): void {
  const findings = listFindings(JSON.parse(readFileSync(reportFile, 'utf8')));
  for (const finding of findings) console.error(finding);
  if (findings.length === 0) return;
  console.error(`${findings.length} finding(s): mend each, or acknowledge it beside its resource and say why`);
  process.exitCode = 1;
}

if (import.meta.main) main(join(import.meta.dirname, '..', 'cdk.out', 'validation-report.json'));
