import { includes } from './char-set.ts';
import { CharacterClasses } from './character-classes.ts';
import { newline, wordCharacters } from './named-classes.ts';
import type { Program } from './program.ts';
import { edge, holds, kindOf, kinds, other, unknown } from './surroundings.ts';

/**
 * How many states an automaton may have: making one takes about 10 µs, and more for long patterns. A text makes at most one
 * for each of its characters, and ordinary patterns have some dozens.
 */
const statesMax = 4_096;
/** Entries of the table of transitions: 4 bytes each. */
const entriesMax = 1 << 20;
/** Bits of all states' sets together: a long pattern has larger states, and fewer of them. */
const bitsMax = 1 << 21;
/** An automaton with more states, or a larger table, is not kept for the next text. */
const statesKeptMax = 1_024;
const entriesKeptMax = 1 << 15;

/** A text would need more states than an automaton may have. */
export class StatesExhausted extends Error {}

/** What a text is like from a position on. */
export interface State {
  /** Character steps that accept the next character and can then still reach a match. */
  readonly ready: Uint32Array;
  /** The kind of the next character. */
  readonly after: number;
}

/** Seen from a position, once the character before it is known. */
interface Entered {
  /** Character steps that can reach a match by going on here. */
  ready: Uint32Array;
  /** Whether a match can start here. */
  isStart: boolean;
  /** For each step what is chosen from there, as far as it was asked for. */
  choices: (Choice | undefined)[];
}

/** What is done at a position of a match. */
export interface Choice {
  /** The step to go on with behind the next character; `matchEnds` when none is read. */
  next: number;
  /** Those that are set before. */
  slots: readonly number[];
}

export const matchEnds = -1;

const notMade = -1;

/**
 * Reads a text from its end to its beginning and knows at every position which steps of the program can still reach a
 * match from there. States are made when first met, so that each character of the text costs one look into a table,
 * whatever the pattern. With that knowledge a match is found from its beginning to its end without ever trying in vain:
 * finding all matches takes linear time too.
 */
export class Automaton {
  readonly classes: CharacterClasses;
  readonly kindOfClass: readonly number[];
  readonly stride: number;
  /** By state × stride + class: twice the state before that character, plus one when a match can start behind it. */
  table = new Int32Array(0);
  private readonly program: Program;
  /** Of each character step, by its number among them. */
  private readonly placeOfChar: Int32Array;
  private readonly nextOfChar: Int32Array;
  private readonly epsilonSources: readonly (readonly number[])[];
  private readonly masks: (Uint32Array | undefined)[] = [];
  private readonly words: number;
  private readonly statesMax: number;
  private states: State[] = [];
  private entered: (Entered | undefined)[] = [];
  private numbers = new Map<string | number, number>();
  private openEnd: number | undefined;
  private closedEnd: number | undefined;

  constructor(program: Program) {
    this.program = program;
    const sets = program.charSteps.map(step => step.set);
    if (program.usesWords) sets.push(wordCharacters);
    if (program.usesLines) sets.push(newline);
    this.classes = new CharacterClasses(sets);
    this.kindOfClass = this.classes.examples.map(example => kindOf(example, program));
    this.stride = this.classes.count;
    this.words = Math.max(1, (program.charSteps.length + 31) >> 5);
    this.statesMax = Math.min(statesMax, Math.floor(entriesMax / this.stride), Math.floor(bitsMax / (32 * this.words)));
    this.placeOfChar = Int32Array.from(program.charSteps, step => program.steps.indexOf(step));
    this.nextOfChar = Int32Array.from(program.charSteps, step => step.next);
    this.epsilonSources = epsilonSources(program);
  }

  get isFresh(): boolean {
    return this.states.length === 0;
  }

  state(number: number): State {
    return this.states[number] as State;
  }

  /** The state at the end of a text, or at a place where more of it will follow. */
  endState(isOpen: boolean): number {
    const known = isOpen ? this.openEnd : this.closedEnd;
    if (known !== undefined) return known;
    const ready = new Uint32Array(this.words);
    if (isOpen) for (const { index } of this.program.charSteps) setBit(ready, index);
    const state = this.number(ready, this.program.usesEdges ? (isOpen ? unknown : edge) : other);
    if (isOpen) this.openEnd = state;
    else this.closedEnd = state;
    return state;
  }

  /** Fills in an entry of the table. @throws StatesExhausted */
  makeEntry(state: number, charClass: number): number {
    const kind = this.kindOfClass[charClass] as number;
    const { ready, isStart } = this.enter(state, kind);
    const mask = this.mask(charClass);
    const entry =
      this.number(
        ready.map((bits, at) => bits & (mask[at] as number)),
        kind,
      ) *
        2 +
      (isStart ? 1 : 0);
    this.table[state * this.stride + charClass] = entry;
    return entry;
  }

  /** Whether a match can start where a state is reached behind a character of that kind. */
  isStart(state: number, before: number): boolean {
    return this.enter(state, this.program.usesEdges ? before : other).isStart;
  }

  /** For the scanner to remember what it chose in a state that is reached behind a character of that kind. */
  choices(state: number, before: number): (Choice | undefined)[] {
    return this.enter(state, before).choices;
  }

  reset(): void {
    this.states = [];
    this.entered = [];
    this.numbers = new Map();
    this.openEnd = undefined;
    this.closedEnd = undefined;
    this.table = new Int32Array(0);
  }

  /** To be called between texts. */
  shrink(): void {
    const { length } = this.states;
    if (length > statesKeptMax || length * this.stride > entriesKeptMax) this.reset();
  }

  private enter(state: number, before: number): Entered {
    const known = this.entered[state * kinds + before];
    if (known) return known;
    const canMatch = this.stepsThatCanMatch(this.state(state), before);
    const ready = new Uint32Array(this.words);
    const { nextOfChar } = this;
    for (let index = 0; index < nextOfChar.length; index++) {
      if (canMatch[nextOfChar[index] as number]) setBit(ready, index);
    }
    const entered = { ready, isStart: canMatch[this.program.start] === 1, choices: [] };
    this.entered[state * kinds + before] = entered;
    return entered;
  }

  /** 1 for each step from which a match can be reached. */
  private stepsThatCanMatch({ ready, after }: State, before: number): Uint8Array {
    const { steps, match } = this.program;
    const { placeOfChar } = this;
    const canMatch = new Uint8Array(steps.length);
    const open: number[] = [match];
    canMatch[match] = 1;
    for (let index = 0; index < placeOfChar.length; index++) {
      if (!hasBit(ready, index)) continue;
      const at = placeOfChar[index] as number;
      canMatch[at] = 1;
      open.push(at);
    }
    for (let at = open.pop(); at !== undefined; at = open.pop()) {
      for (const source of this.epsilonSources[at] as readonly number[]) {
        const step = steps[source];
        if (canMatch[source] || (step?.kind === 'assertion' && holds(step.assertion, before, after) === false))
          continue;
        canMatch[source] = 1;
        open.push(source);
      }
    }
    return canMatch;
  }

  private number(ready: Uint32Array, after: number): number {
    const key = this.words === 1 ? (ready[0] as number) * kinds + after : textKey(ready, after);
    const known = this.numbers.get(key);
    if (known !== undefined) return known;
    const number = this.states.length;
    if (number === this.statesMax) throw new StatesExhausted();
    this.states.push({ ready, after });
    this.numbers.set(key, number);
    this.growTable();
    return number;
  }

  private growTable(): void {
    const entries = this.states.length * this.stride;
    if (entries <= this.table.length) return;
    const grown = new Int32Array(Math.min(entriesMax, Math.max(4 * this.stride, 2 * entries))).fill(notMade);
    grown.set(this.table);
    this.table = grown;
  }

  private mask(charClass: number): Uint32Array {
    const known = this.masks[charClass];
    if (known) return known;
    const mask = new Uint32Array(this.words);
    const example = this.classes.examples[charClass] as number;
    for (const { set, index } of this.program.charSteps) if (includes(set, example)) setBit(mask, index);
    this.masks[charClass] = mask;
    return mask;
  }
}

function textKey(ready: Uint32Array, after: number): string {
  return String.fromCharCode(after, ...new Uint16Array(ready.buffer));
}

/** For each step those that lead to it without reading a character. */
function epsilonSources({ steps }: Program): number[][] {
  const sources: number[][] = steps.map(() => []);
  steps.forEach((step, at) => {
    if (step.kind === 'split') {
      sources[step.first]?.push(at);
      if (step.second !== step.first) sources[step.second]?.push(at);
    } else if (step.kind === 'assertion' || step.kind === 'save') sources[step.next]?.push(at);
  });
  return sources;
}

function setBit(bits: Uint32Array, index: number): void {
  bits[index >> 5] = (bits[index >> 5] as number) | (1 << (index & 31));
}

export function hasBit(bits: Uint32Array, index: number): boolean {
  return ((bits[index >> 5] as number) & (1 << (index & 31))) !== 0;
}
