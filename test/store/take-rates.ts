import { openStore } from '../../functions/store/dynamo.ts';
import { RateWindows } from '../../functions/store/rate-windows.ts';

// A process of its own that counts requests all at once, and tells how many went through.
const [endpoint = '', tables = '', bucket = '', requests = '0', capacity = '0'] = process.argv.slice(2);
const connection = { endpoint, region: 'us-east-1', credentials: { accessKeyId: 'local', secretAccessKey: 'local' } };
const windows = new RateWindows(openStore(JSON.parse(tables), connection, 60_000), Date.now);
const limit = { capacity: Number(capacity), windowMs: 60_000 };
const takes = Array.from({ length: Number(requests) }, () => windows.take(bucket, limit));
const verdicts = await Promise.all(takes);
process.stdout.write(String(verdicts.filter(({ isLimited }) => !isLimited).length));
