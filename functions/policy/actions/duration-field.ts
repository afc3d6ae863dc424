import { z } from 'zod';
import { parseDurationMs } from '../../core/clock.ts';
import { refuse } from '../config-fields.ts';
import { show } from '../problems.ts';

/** Bounds of a duration, each as it is written. */
interface DurationBounds {
  least: string;
  most: string;
  multipleOf?: string;
}

/** A duration such as `90s` within bounds, as milliseconds. */
export function duration({ least, most, multipleOf }: DurationBounds) {
  const steps = multipleOf ? ` in multiples of "${multipleOf}"` : '';
  const remedy = `write one from "${least}" to "${most}"${steps}`;
  const ms = (written: string) => parseDurationMs(written) ?? Number.NaN;
  return z
    .string()
    .meta({ pattern: '^(\\d+(\\.\\d+)?(ms|s|m|h|d))+$' })
    .transform((written, context) => {
      const durationMs = written.length > 32 ? undefined : parseDurationMs(written);
      if (durationMs === undefined) {
        refuse(context, 'ERR_NGROK_2204', `${show(written)} is not a duration; ${remedy}`);
      } else if (durationMs < ms(least) || durationMs > ms(most)) {
        refuse(context, 'ERR_NGROK_2215', `${show(written)} is out of range; ${remedy}`);
      } else if (multipleOf && durationMs % ms(multipleOf) !== 0) {
        refuse(context, 'ERR_NGROK_2204', `${show(written)} is not a multiple of "${multipleOf}"; ${remedy}`);
      }
      return Math.round(durationMs ?? 0);
    });
}
