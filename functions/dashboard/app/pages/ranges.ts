/** What the overview can be about. */
export const ranges = [
  { value: '24h', name: '24 h', words: 'the last 24 hours' },
  { value: '7d', name: '7 d', words: 'the last 7 days' },
  { value: '30d', name: '30 d', words: 'the last 30 days' },
] as const;

export type Range = (typeof ranges)[number]['value'];

export const refreshMs = 10_000;
