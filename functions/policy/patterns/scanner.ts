import { Automaton, type Choice, hasBit, matchEnds, type State, StatesExhausted } from './automaton.ts';
import type { Program } from './program.ts';
import { edge, holds, other } from './surroundings.ts';

/** The end of a match is not decided by the text that is there. */
export const undecided = -1;
const noStep = -1;
const undecidedStep = -2;

/** What one search remembers of a text: for each position twice the state there, plus one when a match can start there. */
type Trail = Uint16Array;

const trailKeptMax = 1 << 20;
let spareTrail: Trail | undefined;

function takeTrail(length: number): Trail {
  const spare = spareTrail;
  spareTrail = undefined;
  return spare && spare.length >= length ? spare : new Uint16Array(Math.max(1_024, length));
}

function returnTrail(trail: Trail): void {
  if (trail.length <= trailKeptMax) spareTrail = trail;
}

/** Finds matches as RE2 does: the leftmost one, and of those that start there the one whose alternatives come first. */
export class Scanner {
  private readonly program: Program;
  private readonly automaton: Automaton;
  private readonly visited: Uint32Array;
  private visit = 0;
  private searches = 0;
  /** By what `choose` went through. */
  private readonly slotsSet: number[] = [];

  constructor(program: Program) {
    this.program = program;
    this.automaton = new Automaton(program);
    this.visited = new Uint32Array(program.steps.length);
  }

  /**
   * Looks through a part of a text, of which the characters before `from` are only seen by assertions.
   * @throws StatesExhausted when it takes more than can be afforded, whatever was looked through before
   */
  search<Result>(text: string, span: Span, use: (search: Search) => Result): Result {
    const { automaton } = this;
    const trail = takeTrail(span.end + 1 - span.from);
    const isOutermost = this.searches++ === 0; // a search within one must not take its states away
    try {
      const canStartAnew = isOutermost && !automaton.isFresh;
      try {
        this.readBackwards(text, span, trail);
      } catch (error) {
        if (!canStartAnew || !(error instanceof StatesExhausted)) throw error;
        automaton.reset();
        this.readBackwards(text, span, trail);
      }
      return use(new Search(this, text, span, trail));
    } finally {
      this.searches--;
      if (isOutermost) automaton.shrink();
      returnTrail(trail);
    }
  }

  private readBackwards(text: string, { from, end, isOpen }: Span, trail: Trail): void {
    const { automaton } = this;
    const { classes, stride } = automaton;
    const { ascii } = classes;
    let state = automaton.endState(isOpen);
    let { table } = automaton;
    trail[end - from] = 2 * state;
    for (let at = end; at > from; ) {
      const behind = at;
      const unit = text.charCodeAt(--at);
      let charClass: number;
      if (unit < 128) charClass = ascii[unit] as number;
      else {
        const codePoint = codePointBefore(text, behind, from);
        if (codePoint > 0xffff) trail[at-- - from] = 0; // no match starts within a character
        charClass = classes.of(codePoint);
      }
      let entry = table[state * stride + charClass] as number;
      if (entry < 0) {
        entry = automaton.makeEntry(state, charClass);
        table = automaton.table;
      }
      if (entry & 1) trail[behind - from] = 2 * state + 1;
      state = entry >> 1;
      trail[at - from] = 2 * state;
    }
    if (automaton.isStart(state, this.kindBefore(text, from))) trail[0] = 2 * state + 1;
  }

  kindBefore(text: string, at: number): number {
    if (!this.program.usesEdges) return other;
    if (at === 0) return edge;
    const { classes, kindOfClass } = this.automaton;
    return kindOfClass[classes.of(codePointBefore(text, at, 0))] as number;
  }

  /** Follows the match that starts at `start`, taking at every step the first alternative that leads to its end. */
  matchEnd(text: string, { from, end, isOpen }: Span, trail: Trail, start: number, slots: Int32Array): number {
    const { automaton, program } = this;
    const { classes, kindOfClass } = automaton;
    const { usesEdges } = program;
    let before = usesEdges ? this.kindBefore(text, start) : other;
    let step = program.start;
    for (let at = start; ; ) {
      const state = (trail[at - from] as number) >> 1;
      const known = isOpen && at === end ? undefined : automaton.choices(state, before);
      let choice = known?.[step];
      if (!choice) {
        choice = this.chooseFrom(step, state, before, known === undefined);
        if (choice === undefined) return undecided;
        if (known) known[step] = choice;
      }
      for (let index = 0; index < choice.slots.length; index++) slots[choice.slots[index] as number] = at;
      if (choice.next === matchEnds) return at;
      const codePoint = text.codePointAt(at) as number;
      if (usesEdges) before = kindOfClass[classes.of(codePoint)] as number;
      at += codePoint > 0xffff ? 2 : 1;
      step = choice.next;
    }
  }

  /** @returns undefined when the text that is not there yet decides */
  private chooseFrom(step: number, state: number, before: number, isOpenEnd: boolean): Choice | undefined {
    this.slotsSet.length = 0;
    this.forgetVisits();
    const chosen = this.choose(step, this.automaton.state(state), before, isOpenEnd);
    if (chosen === undecidedStep) return undefined;
    const reached = this.program.steps[chosen];
    return { next: reached?.kind === 'char' ? reached.next : matchEnds, slots: this.slotsSet.slice() };
  }

  private forgetVisits(): void {
    this.visit = (this.visit + 1) >>> 0;
    if (this.visit > 0) return;
    this.visited.fill(0);
    this.visit = 1;
  }

  /** The first step behind `at` that reads a character and can then reach a match, or that is one. */
  private choose(at: number, state: State, before: number, isOpenEnd: boolean): number {
    if (this.visited[at] === this.visit) return noStep;
    this.visited[at] = this.visit;
    const step = this.program.steps[at];
    switch (step?.kind) {
      case 'char':
        if (isOpenEnd) return undecidedStep;
        return hasBit(state.ready, step.index) ? at : noStep;
      case 'split': {
        const first = this.choose(step.first, state, before, isOpenEnd);
        return first === noStep ? this.choose(step.second, state, before, isOpenEnd) : first;
      }
      case 'assertion': {
        const held = holds(step.assertion, before, state.after);
        if (held === undefined) return undecidedStep;
        return held ? this.choose(step.next, state, before, isOpenEnd) : noStep;
      }
      case 'save': {
        this.slotsSet.push(step.slot);
        const chosen = this.choose(step.next, state, before, isOpenEnd);
        if (chosen === noStep) this.slotsSet.pop();
        return chosen;
      }
      default:
        return at;
    }
  }
}

/** Where to look for matches; `isOpen` when more text will follow behind `end`. */
export interface Span {
  from: number;
  end: number;
  isOpen: boolean;
}

/** A text that was read from its end, ready for matches to be found in it. */
export class Search {
  private readonly scanner: Scanner;
  private readonly text: string;
  private readonly span: Span;
  private readonly trail: Trail;

  constructor(scanner: Scanner, text: string, span: Span, trail: Trail) {
    this.scanner = scanner;
    this.text = text;
    this.span = span;
    this.trail = trail;
  }

  /** Where the next match starts, or may start if the text is open. */
  next(from: number): number | undefined {
    const { trail, span } = this;
    for (let at = from - span.from; at <= span.end - span.from; at++) {
      if ((trail[at] as number) & 1) return at + span.from;
    }
    return undefined;
  }

  /** The end of the match that starts at `start`. @param slots takes the groups that are kept, two positions for each; -1 where there is none */
  matchEnd(start: number, slots: Int32Array): number {
    for (let slot = 0; slot < slots.length; slot++) slots[slot] = -1;
    return this.scanner.matchEnd(this.text, this.span, this.trail, start, slots);
  }
}

/** A character outside the first plane takes two units, unless the first of them is not part of the text. */
function codePointBefore(text: string, at: number, from: number): number {
  const unit = text.charCodeAt(at - 1);
  if (unit >= 0xdc00 && unit <= 0xdfff && at - 2 >= from) {
    const lead = text.charCodeAt(at - 2);
    if (lead >= 0xd800 && lead <= 0xdbff) return text.codePointAt(at - 2) as number;
  }
  return unit;
}
