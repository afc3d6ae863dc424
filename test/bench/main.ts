import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import { newDataFolder, run, startStack } from '../outside/start-stack.ts';
import { cpuMs, percentile, rssMb } from './processes.ts';
import { type BenchRow, benchTokens } from './tokens.ts';

/** `npm run bench [-- --quick]`: requests in turn to the provider, a bare pipe and the gateway, a process each. */
const quick = process.argv.includes('--quick');
const rounds = quick ? 300 : 1_500;
const memoryRequests = quick ? 2_000 : 10_000;
const children: ChildProcess[] = [];
const agent = new Agent({ keepAlive: true, maxSockets: 200 });

interface Subject {
  origin: string;
  path: string;
  headers: Record<string, string>;
  model: string;
}

/** One request; times in milliseconds until the first and the last byte of the body. */
function call(
  { origin, path, headers, model }: Subject,
  stream: boolean,
): Promise<{ firstMs: number; totalMs: number }> {
  const messages = [{ role: 'user', content: 'lorem ipsum dolor sit amet '.repeat(370) }];
  const body = JSON.stringify({ model, stream, max_tokens: 200, messages });
  const started = performance.now();
  return new Promise((resolve, reject) => {
    const outgoing = request(
      `${origin}${path}`,
      { method: 'POST', agent, headers: { ...headers, 'content-type': 'application/json' } },
      response => {
        let firstMs = 0;
        response.on('data', () => {
          firstMs ||= performance.now() - started;
        });
        response.on('end', () => {
          if (response.statusCode === 200) resolve({ firstMs, totalMs: performance.now() - started });
          else reject(new Error(`${origin} answered ${response.statusCode}`));
        });
      },
    );
    outgoing.on('error', reject);
    outgoing.end(body);
  });
}

async function startScript(
  file: string,
  args: string[],
  environment: NodeJS.ProcessEnv = process.env,
): Promise<{ url: string; child: ChildProcess }> {
  const child = spawn(process.execPath, [join(import.meta.dirname, file), ...args], {
    env: environment,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  children.push(child);
  const url = await new Promise<string>(resolve => child.stdout?.once('data', data => resolve(String(data).trim())));
  return { url, child };
}

function row(what: string, measured: number, unit: string, budget: number | undefined, reason = ''): BenchRow {
  const isMet = budget === undefined || measured <= budget;
  const limit = budget === undefined ? '–' : `≤ ${budget.toFixed(2)} ${unit}${reason}`;
  return { what, measured: `${measured.toFixed(2)} ${unit}`, budget: limit, ok: isMet };
}

async function latencyRows(
  direct: Subject,
  pipe: Subject,
  own: Subject,
  credits: Subject,
  pids: { gateway: number; pipe: number },
) {
  for (const subject of [direct, pipe, own, credits])
    for (let index = 0; index < 100; index++) await call(subject, false);
  const added = { pipe: [] as number[], own: [] as number[], credits: [] as number[] };
  for (let index = 0; index < rounds; index++) {
    const base = (await call(direct, false)).totalMs;
    added.pipe.push((await call(pipe, false)).totalMs - base);
    added.own.push((await call(own, false)).totalMs - base);
    added.credits.push((await call(credits, false)).totalMs - base);
  }
  const cpuOf = async (subject: Subject, pid: number) => {
    const before = cpuMs(pid);
    for (let index = 0; index < rounds; index++) await call(subject, false);
    return (cpuMs(pid) - before) / rounds;
  };
  const pipeCpu = await cpuOf(pipe, pids.pipe);
  const ownCpu = await cpuOf(own, pids.gateway);
  const creditsCpu = await cpuOf(credits, pids.gateway);
  const [pipe50, pipe99] = [percentile(added.pipe, 0.5), percentile(added.pipe, 0.99)];
  return [
    row('bare pipe, added p50', pipe50, 'ms', undefined),
    row('bare pipe, added p99', pipe99, 'ms', undefined),
    row('own keys, added p50', percentile(added.own, 0.5), 'ms', 2 * pipe50, ' (2 × pipe)'),
    row('own keys, added p99', percentile(added.own, 0.99), 'ms', 2 * pipe99, ' (2 × pipe)'),
    row('with credits, added p50', percentile(added.credits, 0.5), 'ms', undefined),
    row('with credits, added p99', percentile(added.credits, 0.99), 'ms', undefined),
    row('bare pipe, CPU a request', pipeCpu, 'ms', undefined),
    row('own keys, CPU a request', ownCpu, 'ms', 1.8 * pipeCpu, ' (1.8 × pipe)'),
    row('with credits, CPU a request', creditsCpu, 'ms', undefined),
  ];
}

async function firstTokenRows(direct: Subject, own: Subject): Promise<BenchRow[]> {
  const firsts = async (subject: Subject, streams: number, times: number) => {
    const all: number[] = [];
    for (let index = 0; index < times; index++) {
      const batch = await Promise.all(Array.from({ length: streams }, () => call(subject, true)));
      all.push(...batch.map(({ firstMs }) => firstMs));
    }
    return percentile(all, 0.5);
  };
  const one = (await firsts(own, 1, 15)) - (await firsts(direct, 1, 15));
  const hundred = (await firsts(own, 100, 3)) - (await firsts(direct, 100, 3));
  return [
    row('added time to first token, 1 stream', one, 'ms', 2),
    row('added time to first token, 100 streams', hundred, 'ms', 15),
  ];
}

async function memoryRows(own: Subject, pid: number): Promise<BenchRow[]> {
  const send = async (count: number) => {
    for (let sent = 0; sent < count; sent += 10) await Promise.all(Array.from({ length: 10 }, () => call(own, false)));
  };
  await send(memoryRequests / 2);
  const half = rssMb(pid);
  await send(memoryRequests / 2);
  const whole = rssMb(pid);
  return [
    row(`RSS after ${memoryRequests} requests`, whole, 'MB', 110),
    row('growth in the second half', whole - half, 'MB', undefined),
  ];
}

const emptyHandler = `export const handler = awslambda.streamifyResponse(async (event, stream) => {
  const answer = awslambda.HttpResponseStream.from(stream, { statusCode: 200, headers: { 'content-type': 'application/json' } });
  answer.write('{}');
  answer.end();
});`;

async function bundleRows(environment: NodeJS.ProcessEnv, own: Subject): Promise<BenchRow[]> {
  const folder = mkdtempSync(join(tmpdir(), 'tollgate-bench-'));
  const gatewayBundle = join(folder, 'gateway.mjs');
  const emptyBundle = join(folder, 'empty.mjs');
  writeFileSync(emptyBundle, emptyHandler);
  await build({
    entryPoints: [join(import.meta.dirname, '../../functions/gateway/handler.ts')],
    outfile: gatewayBundle,
    bundle: true,
    minify: true,
    platform: 'node',
    target: 'node24',
    format: 'esm',
    mainFields: ['module', 'main'],
    banner: { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" },
    logLevel: 'error',
  });
  const coldMs = async (bundle: string) => {
    const times: number[] = [];
    for (let index = 0; index < (quick ? 3 : 7); index++) {
      const started = performance.now();
      const { url, child } = await startScript('cold-start.ts', [bundle], environment);
      await call({ ...own, origin: url }, false);
      times.push(performance.now() - started);
      child.kill();
    }
    return percentile(times, 0.5);
  };
  const empty = await coldMs(emptyBundle);
  const gateway = await coldMs(gatewayBundle);
  const sizeKb = statSync(gatewayBundle).size / 1024;
  rmSync(folder, { recursive: true });
  return [
    row('gateway bundle, minified', sizeKb, 'KB', 700),
    row('cold start, empty handler', empty, 'ms', undefined),
    row('cold start to first answer', gateway, 'ms', Math.min(250, 3 * empty), ' (250 ms, 3 × empty)'),
  ];
}

const data = newDataFolder();
const mock = await startScript('mock.ts', []);
const pipe = await startScript('bare-pipe.ts', [mock.url]);
const stack = await startStack(data.folder, { ANTHROPIC_API_KEY: 'sk-managed', TOLLGATE_CONFIG_CACHE_MS: '30000' });
try {
  const policy =
    'on_http_request: [{ type: ai-gateway, config: { providers: [{ id: openai, api_keys: [{ value: sk-own }] }] } }]';
  await stack.manage('PATCH', `/endpoints/${stack.endpointId}`, { traffic_policy: policy });
  await stack.manage('POST', '/credits/grants', { amount_usd: '10000', reason: 'benchmark' });
  const stores = {
    AWS_ENDPOINT_URL_DYNAMODB: stack.dynamodbUrl,
    AWS_ENDPOINT_URL_SECRETS_MANAGER: stack.secretsManagerUrl,
  };
  const baseUrls = JSON.stringify({ openai: `${mock.url}/v1`, anthropic: `${mock.url}/v1` });
  const local = { ...stores, TOLLGATE_PROVIDER_BASE_URLS: baseUrls, TOLLGATE_CONFIG_CACHE_MS: '30000' };
  const gateway = await run({ ...local, TOLLGATE_ROLE: 'gateway' });
  children.push(gateway.child);
  const origin = /http:\S+/.exec(gateway.stdout)?.[0] as string;
  const path = '/v1/chat/completions';
  const direct = { origin: mock.url, path, headers: {}, model: 'gpt-4o-mini' };
  const authorization = `Bearer ${stack.gatewayKey}`;
  const own = { origin, path, headers: { authorization }, model: 'gpt-4o-mini' };
  const credits = { ...own, model: 'claude-haiku-4-5' };
  const gatewayPid = gateway.child.pid as number;
  const deployed = {
    ...process.env,
    ...local,
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: 'local',
    AWS_SECRET_ACCESS_KEY: 'local',
    TOLLGATE_KEYS_TABLE: 'TollgateKeys',
    TOLLGATE_ENDPOINTS_TABLE: 'TollgateEndpoints',
    TOLLGATE_CREDITS_TABLE: 'TollgateCredits',
    TOLLGATE_USAGE_TABLE: 'TollgateUsage',
    TOLLGATE_PEPPER_SECRET: 'tollgate/pepper',
    TOLLGATE_MANAGED_KEYS_SECRET: 'tollgate/managed-keys',
    TOLLGATE_ALLOW_LOOPBACK: '1',
  };
  const rows = [
    ...(await latencyRows(direct, { ...direct, origin: pipe.url }, own, credits, {
      gateway: gatewayPid,
      pipe: pipe.child.pid as number,
    })),
    ...(await firstTokenRows(direct, own)),
    ...(await memoryRows(own, gatewayPid)),
    ...(await bundleRows(deployed, own)),
    ...(await benchTokens()),
  ];
  console.log('| what | measured | budget | |\n|---|---|---|---|');
  for (const { what, measured, budget, ok } of rows)
    console.log(`| ${what} | ${measured} | ${budget} | ${ok ? 'ok' : 'MISSED'} |`);
} finally {
  for (const child of children) child.kill();
  await stack.kill('SIGTERM');
  data.remove();
  agent.destroy();
}
