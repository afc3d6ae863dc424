import { DeleteItemCommand, GetItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { fromItem, run, type Store, toItem } from '../store/dynamo.ts';
import type { LimitPlace } from '../store/limit-table.ts';

/** Where a sweep stopped: after an account, or, when all accounts were done, after a limit. */
export interface SweepPosition {
  accountId?: string;
  place?: LimitPlace;
}

/** Remembers where the last sweep stopped. Credits table: `pk = SWEEP`, `sk = CURSOR`. It is a hint: sweeps may overlap. */
export interface SweepCursor {
  read(): Promise<SweepPosition | undefined>;
  /** @param position undefined when the last sweep got to the end */
  write(position: SweepPosition | undefined): Promise<void>;
}

const cursorKey = { pk: 'SWEEP', sk: 'CURSOR' };

export function openSweepCursor({ dynamo, tables }: Store): SweepCursor {
  return {
    async read() {
      const get = new GetItemCommand({ TableName: tables.credits, Key: toItem(cursorKey), ConsistentRead: true });
      const { Item } = await run('reading where the last sweep stopped', dynamo.send(get));
      return Item && (fromItem(Item).position as SweepPosition);
    },
    async write(position) {
      const put = new PutItemCommand({ TableName: tables.credits, Item: toItem({ ...cursorKey, position }) });
      const remove = new DeleteItemCommand({ TableName: tables.credits, Key: toItem(cursorKey) });
      await run('noting where the sweep stopped', position ? dynamo.send(put) : dynamo.send(remove));
    },
  };
}
