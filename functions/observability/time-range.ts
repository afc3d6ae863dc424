import { z } from 'zod';
import { momentField } from '../management/fields.ts';
import { ManagementError } from '../management/management-error.ts';

/** Which time a query is about. */
export const timeRangeFields = {
  startTime: momentField.optional().describe('30 days before the end, unless said'),
  endTime: momentField.optional().describe('Now, unless said; the range ends before it'),
};

const defaultMs = 30 * 86_400_000;

/** @throws ManagementError for a range that ends before it begins */
export function readTimeRange(
  { startTime, endTime }: { startTime?: string | undefined; endTime?: string | undefined },
  nowMs: number,
): { fromMs: number; untilMs: number } {
  const untilMs = endTime === undefined ? nowMs : Date.parse(endTime);
  const fromMs = startTime === undefined ? untilMs - defaultMs : Date.parse(startTime);
  if (fromMs < untilMs) return { fromMs, untilMs };
  throw new ManagementError(
    'ERR_NGROK_215',
    `"startTime" ${isoOf(fromMs)} is not before "endTime" ${isoOf(untilMs)}; swap them`,
  );
}

export function isoOf(timeMs: number): string {
  return new Date(timeMs).toISOString();
}

/** An id in a query. */
export const idField = z.string().regex(/^[\w-]{1,64}$/, 'is not an id');

/** A name of a provider or a model in a query. */
export const nameField = z.string().min(1).max(300);
