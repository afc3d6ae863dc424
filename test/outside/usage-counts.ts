import assert from 'node:assert/strict';
import type { ChildProcess } from 'node:child_process';
import { openStore } from '../../functions/store/dynamo.ts';
import { type RollupProgress, readProgress } from '../../functions/store/rollup-progress.ts';
import { untilCounted } from '../support/counted.ts';
import { chatScript, sendJson, startUpstream } from '../support/upstream.ts';
import { newDataFolder, run, type Stack, startStack } from './start-stack.ts';

export interface UsageCounts {
  requests: number;
  /** Gateways beside the stack, each in a process of its own. */
  processes: number;
  rollupSeconds: number;
}

export interface CountResult {
  /** Since the stack began, for what the rollup itself costs. */
  progress: RollupProgress;
  seconds: number;
}

/** For each gateway: few, because all of them share one local store, which answers one after the other. */
const clientsAtOnce = 3;

/** Each of these in turn: plain, streamed, failing. */
const kinds = ['json', 'json', 'sse', 'json', 'fail', 'json', 'json', 'sse'];
const failing = (requests: number) =>
  Array.from({ length: requests }, (_, index) => kinds[index % kinds.length]).filter(kind => kind === 'fail').length;

/** Sends requests through several gateways at once, and looks whether all who count them agree, to the last one. */
export async function runUsageCounts({ requests, processes, rollupSeconds }: UsageCounts): Promise<CountResult> {
  const data = newDataFolder();
  const answer = chatScript(['Hello', ' there'], 20, 10);
  const upstream = await startUpstream((request, response) => {
    upstream.requests.length = 0;
    if (request.text.includes('fail')) return sendJson(response, 500, { error: { message: 'no' } });
    return answer(request, response);
  });
  const variables = {
    OPENAI_API_KEY: 'sk-managed',
    TOLLGATE_PROVIDER_BASE_URLS: JSON.stringify({ openai: upstream.baseUrl }),
    TOLLGATE_MANAGEMENT_RATE_LIMIT: '1000000',
    TOLLGATE_ROLLUP_SECONDS: String(rollupSeconds),
    TOLLGATE_CONFIG_CACHE_MS: '30000',
  };
  const stack = await startStack(data.folder, variables);
  const gateways = await Promise.all(Array.from({ length: processes }, () => startGateway(stack, variables)));
  try {
    const startedMs = Date.now();
    const grant = await stack.manage('POST', '/credits/grants', { amount_usd: '100.00', reason: 'test' });
    assert.equal(grant.status, 201);
    await sendAll(requests, gateways, stack);
    const seconds = (Date.now() - startedMs) / 1000;
    const balance = await settled(stack);
    const overview = (await untilCounted(stack)) as { totals: Record<string, unknown> };
    const metrics = (await json(stack, '/metrics?splitBy=model')) as unknown as Metrics;
    const charges = await readAll(
      stack,
      '/credits/transactions?limit=100',
      'transactions',
      ({ kind }) => kind === 'charge',
    );
    const listed = await readAll(stack, '/usage?limit=100', 'usage', () => true);
    const total = (rows: Record<string, unknown>[], field: string) =>
      rows.reduce((sum, row) => sum + BigInt(row[field] as string), 0n);

    assert.deepEqual(
      {
        overview: [overview.totals.requests, overview.totals.errors],
        metrics: [metrics.totals.requests, metrics.totals.errors.total],
        attempts: metrics.series.map(({ totals }) => [totals.requests, totals.errors.server]),
        points: metrics.points.reduce((sum, point) => sum + point.requests, 0),
        listed: new Set(listed.map(({ id }) => id)).size,
        charges: new Set(charges.map(({ request_id }) => request_id)).size,
      },
      {
        overview: [requests, failing(requests)],
        metrics: [requests, failing(requests)],
        attempts: [[requests, failing(requests)]],
        points: requests,
        listed: requests,
        charges: requests,
      },
    );
    const cost = BigInt(overview.totals.cost_nano_usd as string);
    assert.ok(cost > 0n);
    assert.equal(BigInt(metrics.totals.cost_nano_usd), cost);
    assert.equal(total(listed, 'cost_nano_usd'), cost);
    assert.equal(-total(charges, 'amount_nano_usd'), cost);
    assert.equal(BigInt(balance.spent_nano_usd as string), cost);
    assert.equal(overview.totals.input_tokens, 20 * (requests - failing(requests)));
    return { progress: await progressOf(stack), seconds };
  } finally {
    for (const { child } of gateways) child.kill('SIGKILL');
    await stack.kill('SIGKILL');
    await upstream.close();
    data.remove();
  }
}

interface Numbers {
  requests: number;
  errors: { total: number; server: number };
  cost_nano_usd: string;
}

interface Metrics {
  totals: Numbers;
  points: Numbers[];
  series: { totals: Numbers }[];
}

interface Gateway {
  child: ChildProcess;
  url: string;
}

/** Another process with nothing but the gateway, on the stores of the stack. */
async function startGateway(stack: Stack, variables: Record<string, string>): Promise<Gateway> {
  const { child, stdout, stderr } = await run({
    ...variables,
    TOLLGATE_ROLE: 'gateway',
    AWS_ENDPOINT_URL_DYNAMODB: stack.dynamodbUrl,
    AWS_ENDPOINT_URL_SECRETS_MANAGER: stack.secretsManagerUrl,
  });
  const url = /Tollgate gateway: (\S+)/.exec(stdout)?.[1];
  if (url === undefined) throw new Error(`the gateway did not start: ${stderr}`);
  return { child, url };
}

async function sendAll(requests: number, gateways: Gateway[], { gatewayKey }: Stack): Promise<void> {
  let next = 0;
  const client = async () => {
    for (let index = next++; index < requests; index = next++) {
      const kind = kinds[index % kinds.length];
      const { url } = gateways[index % gateways.length] as Gateway;
      const response = await fetch(`${url}/v1/chat/completions`, {
        method: 'POST',
        headers: { authorization: `Bearer ${gatewayKey}`, 'content-type': 'application/json' },
        body: JSON.stringify({
          model: 'gpt-4o-mini',
          max_tokens: 10,
          stream: kind === 'sse',
          messages: [{ role: 'user', content: `${kind} ${index}` }],
        }),
      });
      const text = await response.text();
      assert.equal(response.status, kind === 'fail' ? 500 : 200, text);
    }
  };
  await Promise.all(Array.from({ length: clientsAtOnce * gateways.length }, client));
}

async function json(stack: Stack, path: string): Promise<Record<string, unknown>> {
  const answer = await stack.manage('GET', path.replace(stack.managementUrl, ''));
  assert.equal(answer.status, 200, `${path}: ${await answer.clone().text()}`);
  return (await answer.json()) as Record<string, unknown>;
}

async function settled(stack: Stack): Promise<Record<string, unknown>> {
  for (const endMs = Date.now() + 60_000; Date.now() < endMs; ) {
    const balance = await json(stack, '/credits/balance');
    if (balance.held_nano_usd === '0') return balance;
    await new Promise(resolve => setTimeout(resolve, 100));
  }
  throw new Error('holds are still open after 60 s');
}

async function readAll(
  stack: Stack,
  path: string,
  name: string,
  isWanted: (row: Record<string, unknown>) => boolean,
): Promise<Record<string, unknown>[]> {
  const rows: Record<string, unknown>[] = [];
  for (let uri: string | null = path; uri !== null; ) {
    const page = await json(stack, uri);
    rows.push(...(page[name] as Record<string, unknown>[]).filter(isWanted));
    uri = page.next_page_uri as string | null;
  }
  return rows;
}

/** Straight from the store: no API shows what the rollup costs. */
async function progressOf({ dynamodbUrl }: Stack): Promise<RollupProgress> {
  const usage = 'TollgateUsage';
  const connection = { endpoint: dynamodbUrl, region: 'us-east-1' };
  const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };
  const store = openStore({ keys: '', endpoints: '', credits: '', usage }, { ...connection, credentials });
  const progress = await readProgress(store);
  assert.ok(progress);
  return progress;
}
