/** Why a text is not a pattern. Positions are shown to people, so they count from 1. */
export class PatternProblem extends Error {
  /** @param what a clause such as `the group "(" is never closed` */
  constructor(what: string, at?: number) {
    super(at === undefined ? what : `${what} (at character ${at + 1})`);
    this.name = 'PatternProblem';
  }
}
