import { randomBytes } from 'node:crypto';
import { clockWithOffset } from '../core/clock.ts';
import { report } from '../core/report.ts';
import { Balances } from '../store/balances.ts';
import { openStore } from '../store/dynamo.ts';
import { readTableNames } from '../store/settings.ts';
import { sweep } from './sweep.ts';

const store = openStore(readTableNames(process.env));
const balances = new Balances(store, randomBytes);
const now = clockWithOffset(process.env.TOLLGATE_CLOCK_OFFSET);

/** Runs on a timer. Safe to run twice, and at once. */
export const handler = () => sweep({ store, balances, now, report });
