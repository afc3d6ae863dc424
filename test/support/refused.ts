import assert from 'node:assert/strict';
import { ManagementApiError } from '../../functions/management/client.generated.ts';

/** For `assert.rejects`: the management API refused with this status and code. */
export function refused(status: number, code: string): (error: unknown) => boolean {
  return error => {
    assert.ok(error instanceof ManagementApiError, String(error));
    assert.deepEqual([error.status, error.code], [status, code], error.message);
    return true;
  };
}
