import { z } from 'zod';
import type { ActionDefinition } from '../action.ts';
import { celHeaders, celText, headerTemplates } from './header-fields.ts';

/** Enough for a page of text. */
const bodyLengthMax = 65_536;

const config = z.strictObject({
  status_code: z.int().min(200).max(599).default(200).describe('Status of the answer.'),
  body: celText(bodyLengthMax).optional().describe('`${…}` parts are CEL; an object alone becomes JSON.'),
  headers: celHeaders.optional().describe('Header to value. Without content-type it is guessed from the body.'),
});

/** Answers with a text of the policy's own. */
export const customResponse = {
  type: 'custom-response',
  phases: ['on_http_request', 'on_http_response'],
  config,
  cel: ({ body, headers }) => [
    ...(body === undefined ? [] : [{ path: ['body'], text: body, kind: 'template' as const }]),
    ...headerTemplates(headers),
  ],
  endsPhase: () => true,
} as const satisfies ActionDefinition<'custom-response', typeof config>;
