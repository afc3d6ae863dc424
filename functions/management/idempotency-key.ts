import { ManagementError } from './management-error.ts';

const lengthMax = 255;

/** What a client sends as `Idempotency-Key`. @throws ManagementError ERR_NGROK_215 for what can be none */
export function readIdempotencyKey(key: string | undefined): string | undefined {
  if (key === undefined || (key.length >= 1 && key.length <= lengthMax)) return key;
  throw new ManagementError('ERR_NGROK_215', `Idempotency-Key has ${key.length} characters; use 1 to ${lengthMax}`);
}

const conflicts = {
  another_body: 'This Idempotency-Key came with another body before; use a new key',
  deleted: 'What was made with this Idempotency-Key has been deleted since; use a new key',
};

/** The 409 for a key that has been used for something else. */
export function idempotencyConflict(conflict: keyof typeof conflicts): ManagementError {
  return new ManagementError('idempotency_conflict', conflicts[conflict]);
}
