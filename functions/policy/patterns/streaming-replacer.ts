import type { Pattern, Progress } from './pattern.ts';
import { type MatchLog, matchTest, type ReplacementRule } from './replace.ts';

/** How much of a text one rule may hold back while a match may still come of it, in UTF-16 units. */
export const windowMax = 256;

/** What replacing may make of one piece of a text. */
const pieceLengthMax = 256 * 1024;

/** Why a pattern cannot be used on text that is passed on while it comes, if it cannot. */
export function streamProblem({ source, lengthMax }: Pattern): string | undefined {
  const remedy = `give its repetitions upper limits, such as {1,64} in place of +`;
  if (lengthMax === undefined) {
    return `the pattern "${source}" can match a text of any length, and a stream cannot be held back for it; ${remedy}`;
  }
  return lengthMax > windowMax
    ? `the pattern "${source}" can match up to ${lengthMax} characters, and a stream is held back for ${windowMax} at most; ${remedy}`
    : undefined;
}

/**
 * Replaces in a text that comes in pieces, cut anywhere. What comes out, joined, is what `replaceInText` makes of the whole
 * text. Only what may be the beginning of a match is held back, for each rule no more than its longest match.
 */
export class StreamingReplacer {
  private readonly stages: Stage[];

  /** @param rules none of which has a `streamProblem` */
  constructor(rules: readonly ReplacementRule[], log?: MatchLog) {
    this.stages = rules.map((rule, index) => new Stage(rule, matchTest(rule, index, log)));
  }

  /** How many UTF-16 units were taken and may still become part of a match. */
  get heldLength(): number {
    return this.stages.reduce((sum, stage) => sum + stage.heldLength, 0);
  }

  /** @throws PatternTooCostly */
  push(text: string): string {
    return this.stages.reduce((passed, stage) => stage.push(passed), text);
  }

  /** The text is over. @returns the rest of it */
  end(): string {
    return this.stages.reduce((passed, stage) => stage.push(passed) + stage.end(), '');
  }
}

/** One rule on its way through a text. */
class Stage {
  private readonly rule: ReplacementRule;
  private readonly test: (match: string) => boolean;
  /** The character before what is not decided yet, which assertions ask for, and that itself. */
  private text = '';
  private readonly progress: Progress = { from: 0, lastMatchEnd: -1 };

  constructor(rule: ReplacementRule, test: (match: string) => boolean) {
    this.rule = rule;
    this.test = test;
  }

  get heldLength(): number {
    return this.text.length - this.progress.from;
  }

  push(text: string): string {
    if (text === '') return '';
    this.text += text;
    const passed = this.replace(endsInsideCharacter(this.text) ? this.text.length - 1 : this.text.length, true);
    this.forget();
    return passed;
  }

  end(): string {
    return this.replace(this.text.length, false);
  }

  private replace(end: number, isOpen: boolean): string {
    const { pattern, replacement } = this.rule;
    const span = { from: this.progress.from, end, isOpen };
    return pattern.replaceWithin(this.text, span, this.progress, replacement, this.test, pieceLengthMax);
  }

  private forget(): void {
    const { text, progress } = this;
    const isAstral = progress.from >= 2 && (text.codePointAt(progress.from - 2) as number) > 0xffff;
    const gone = Math.max(0, progress.from - (isAstral ? 2 : 1));
    this.text = text.slice(gone);
    progress.from -= gone;
    progress.lastMatchEnd = Math.max(-1, progress.lastMatchEnd - gone);
  }
}

function endsInsideCharacter(text: string): boolean {
  const unit = text.charCodeAt(text.length - 1);
  return unit >= 0xd800 && unit <= 0xdbff;
}
