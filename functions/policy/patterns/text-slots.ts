type Path = readonly (string | number)[];

/** A place in an event where a piece of a text stands. */
export interface PieceSlot {
  path: Path;
  text: string;
  /** Which text it is a piece of. */
  channel: string;
  /** An event like this one that carries nothing but another piece of the same text. */
  carry(text: string): CarrierEvent;
}

/** A place in an event that repeats a text as far as it has come. */
export interface RepeatSlot {
  path: Path;
  text: string;
  channel?: undefined;
}

export type TextSlot = PieceSlot | RepeatSlot;

export interface CarrierEvent {
  name?: string;
  data: unknown;
}

/** What an event means for the texts of an answer. */
export interface EventTexts {
  slots: TextSlot[];
  /** Whether a text is over with this event. */
  ends(channel: string): boolean;
  /** Whether texts that are repeated may still grow. */
  isPartial: boolean;
  /** Places that give text away as tokens; they are emptied. */
  tokens: { path: Path; value: unknown }[];
}

export type JsonObject = Record<string, unknown>;

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The elements of a list that are objects, with their places. */
export function objectsIn(value: unknown): [index: number, element: JsonObject][] {
  if (!Array.isArray(value)) return [];
  return [...value.entries()].filter((entry): entry is [number, JsonObject] => isObject(entry[1]));
}

export const nothing: EventTexts = { slots: [], ends: () => false, isPartial: false, tokens: [] };
