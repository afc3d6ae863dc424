import { z } from 'zod';
import type { CelPart } from '../action.ts';
import { atMost, headerName, refuse } from '../config-fields.ts';
import { policyLimits } from '../limits.ts';
import { show } from '../problems.ts';

/** A text that may hold `${…}`. */
export const celText = (lengthMax: number = policyLimits.valueLengthMax) => z.string().max(lengthMax, { abort: true });

/** A text that is sent as a header, and may hold `${…}`. What expressions add is checked when it is there. */
export const celHeaderValue = celText().superRefine((value, context) => {
  if (/[^\t\x20-\x7e\x80-\xff]/.test(value)) {
    refuse(
      context,
      'ERR_NGROK_2204',
      'is sent as a header, which holds one line of Latin-1 characters; remove the others',
    );
  }
});

/** As Traffic Policy has it for every action that sets headers. */
export const headersPerActionMax = 10;

/** Headers that a rule may set or remove. Providers and logs rely on `user-agent` being the client's. */
export const changeableHeader = headerName.superRefine((header, context) => {
  if (header.toLowerCase() === 'user-agent') {
    refuse(context, 'ERR_NGROK_2222', `${show(header)} always stays what the client sent; remove it`);
  }
});

export const celHeaders = z.record(changeableHeader, celHeaderValue).superRefine(atMost(headersPerActionMax));

export function headerTemplates(headers: Readonly<Record<string, string>> | undefined): CelPart[] {
  return Object.entries(headers ?? {}).map(([name, text]) => ({ path: ['headers', name], text, kind: 'template' }));
}
