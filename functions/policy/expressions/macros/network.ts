import { spend } from '../meter.ts';
import type { MacroFunction } from './register.ts';
import { readAddress, readRange } from './text-kinds.ts';

/** A range takes some microseconds to read. */
const stepsPerRange = 25;

/** What is no address is in no range, and what is no range holds no address. */
export const networkMacros: readonly MacroFunction[] = [
  {
    signature: 'inCidrRange(string, string): bool',
    compute: (address: string, range: string) => inRanges(address, [range]),
    whenAbsent: false,
  },
  { signature: 'inCidrRanges(string, list<dyn>): bool', compute: inRanges, whenAbsent: false },
];

export const noRange = "is no range of addresses; write one such as '10.0.0.0/8' or '2001:db8::/32'";

function inRanges(text: string, ranges: readonly unknown[]): boolean {
  const address = readAddress(text);
  if (!address) return false;
  return ranges.some(range => {
    spend(stepsPerRange);
    return typeof range === 'string' && readRange(range)?.includes(address);
  });
}
