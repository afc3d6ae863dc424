import { parentPort } from 'node:worker_threads';
import { startDynamo } from '../../infra/local/dynamo.ts';

/** See `startTestStore`. */
const { url } = await startDynamo();
parentPort?.postMessage(url);
