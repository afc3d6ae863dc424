import { newDataFolder, type Stack, startStack } from '../outside/start-stack.ts';
import { makeBundles } from './bundles.ts';
import { coldStartRows } from './cold-start.ts';
import { cpuRows } from './cpu.ts';
import { firstTokenRows } from './first-token.ts';
import { latencyRows } from './latency.ts';
import { memoryRows } from './memory.ts';
import { readOptions, type Topic } from './options.ts';
import { startPortkey } from './peers.ts';
import { type Started, startScript } from './processes.ts';
import { type BenchRow, formatTable, row } from './report.ts';
import type { Subject } from './subject.ts';
import { direct, SubjectStarter, type Subjects, withCredits } from './subjects.ts';
import { benchTokens } from './tokens.ts';

/**
 * `npm run bench [-- --quick] [--peers] [--only latency,cpu]`: the gateway as it is deployed, beside a bare pipe and on
 * request beside other gateways, everything in a process of its own. Linux only, because it reads `/proc`.
 */
const { topics, peers, effort } = readOptions(process.argv.slice(2));
const running: Started[] = [];
const keep = async (starting: Promise<[Started, Subject]>): Promise<Subject> => {
  const [started, subject] = await starting;
  running.push(started);
  return subject;
};
const rows: BenchRow[] = [];
const run = async (topic: Topic, measure: () => Promise<BenchRow[]>): Promise<void> => {
  if (!topics.has(topic)) return;
  console.error(`measuring ${topic} …`);
  rows.push(...(await measure()));
};

const bundles = await makeBundles();
const data = newDataFolder();
let stack: Stack | undefined;
try {
  const mock = await startScript(bundles.mock, []);
  running.push(mock);
  stack = await startStack(data.folder, { ANTHROPIC_API_KEY: 'sk-managed' });
  await payFor(stack);
  const starter = new SubjectStarter(bundles, stack, mock.url);
  if (topics.has('latency') || topics.has('cpu') || topics.has('first-token')) {
    const pipe = await keep(starter.pipe());
    const ownKeys = await keep(starter.ownKeys());
    const credits = withCredits(ownKeys);
    const portkey = peers ? await keep(startPortkey(mock.url)) : undefined;
    const behind = [pipe, ownKeys, credits, ...(portkey ? [portkey] : [])];
    const subjects: Subjects = { direct: direct(mock), pipe, ownKeys, credits, portkey, behind };
    await run('latency', () => latencyRows(subjects, effort));
    await run('cpu', () => cpuRows(subjects, effort));
    await run('first-token', () => firstTokenRows(subjects, effort));
  }
  await run('memory', () =>
    memoryRows(effort, {
      pipe: () => starter.pipe(),
      ownKeys: () => starter.ownKeys(),
      ...(peers && { portkey: () => startPortkey(mock.url) }),
    }),
  );
  await run('cold-start', async () => [
    row('gateway bundle, minified', bundles.gatewayBytes / 1024, 'KB', 700),
    ...(await coldStartRows(effort, { empty: () => starter.empty(), ownKeys: () => starter.ownKeys() })),
  ]);
  await run('tokens', benchTokens);
  console.log(formatTable(rows));
} finally {
  for (const started of running) await started.stop();
  await stack?.kill('SIGTERM');
  data.remove();
  bundles.remove();
}

/** The endpoint pays OpenAI with a key of its own; Anthropic's managed key is paid with credits. */
async function payFor({ manage, endpointId }: Stack): Promise<void> {
  const policy =
    'on_http_request: [{ type: ai-gateway, config: { providers: [{ id: openai, api_keys: [{ value: sk-own }] }] } }]';
  const answers = [
    await manage('PATCH', `/endpoints/${endpointId}`, { traffic_policy: policy }),
    await manage('POST', '/credits/grants', { amount_usd: '10000', reason: 'benchmark' }),
  ];
  for (const answer of answers) if (!answer.ok) throw new Error(`${answer.url} answered ${answer.status}`);
}
