import assert from 'node:assert/strict';
import type { ServerResponse } from 'node:http';
import { chatAnswer, chatEvents, doneEvent, sendJson, startUpstream, usageEvent } from '../support/upstream.ts';
import { newDataFolder, type Stack, startStack } from './start-stack.ts';

/** A race of many clients for little money, on a stack that is killed in the middle of it. */
export interface KillRace {
  clients: number;
  /** The balance covers so many requests at once, and a half. */
  affordable: number;
  /** The stack is killed with -9 each time the provider has seen so many requests. */
  killsAt: number[];
  /** Makes money of dead requests come back, as it does after 16 minutes. @returns the stack to go on with */
  sweep(stack: Stack, restart: (variables: Record<string, string>) => Promise<Stack>): Promise<Stack>;
}

export interface RaceResult {
  kills: number;
  answered: number;
  refused: number;
  failed: number;
  /** Requests that ended with their process, and were made anew by their clients. */
  died: number;
  charges: number;
  abandoned: number;
  grantedNanoUsd: bigint;
  spentNanoUsd: bigint;
}

const outputTokens = 10_000;
const promptTokens = 20;

/**
 * Runs the race and looks at the books: nothing held, every nano-USD accounted for, every charge in the ledger once, and
 * not more spent than was there. Requests are plain, streamed, left by their client, cut by the provider, or failed by it.
 */
export async function runKillRace(race: KillRace): Promise<RaceResult> {
  const data = newDataFolder();
  let seen = 0;
  const upstream = await startUpstream(async ({ body }, response) => {
    seen++;
    await answer(String((body.messages as { content: string }[])[0]?.content).split(' ')[0] ?? '', response);
  });
  const variables = {
    OPENAI_API_KEY: 'sk-managed',
    TOLLGATE_PROVIDER_BASE_URLS: JSON.stringify({ openai: upstream.baseUrl }),
    TOLLGATE_MANAGEMENT_RATE_LIMIT: '1000000',
  };
  const restart = (more: Record<string, string>) => startStack(data.folder, { ...variables, ...more });
  let stack = await restart({});
  try {
    const grantedNanoUsd = await setBalance(stack, race.affordable);
    const before = await balance(stack);
    const result = { kills: 0, answered: 0, refused: 0, failed: 0, died: 0 };
    let up: Promise<Stack> = Promise.resolve(stack);
    const client = async (index: number): Promise<void> => {
      for (;;) {
        const current = await up;
        const end = await ask(current, kinds[index % kinds.length] as Kind, index);
        if (end !== 'died') {
          result[end]++;
          return;
        }
        result.died++;
        await new Promise(resolve => setTimeout(resolve, 5)); // whoever kills the stack also starts it again
      }
    };
    seen = 0;
    const clients = Promise.all(Array.from({ length: race.clients }, (_, index) => client(index)));
    for (const killAt of race.killsAt) {
      while (seen < killAt) await new Promise(resolve => setTimeout(resolve, 2));
      const killed = stack;
      up = killed.kill('SIGKILL').then(() => restart({}));
      stack = await up;
      result.kills++;
    }
    await clients;
    stack = await race.sweep(stack, restart);
    const after = await settledBalance(stack);
    const rows = await transactions(stack);
    const charges = rows.filter(({ kind }) => kind === 'charge');
    const spentNanoUsd = after.spent - before.spent;
    assert.equal(after.held, 0n);
    assert.equal(after.purchased, after.available + after.spent + after.expired + after.refunded);
    assert.ok(spentNanoUsd <= grantedNanoUsd, `${spentNanoUsd} of ${grantedNanoUsd} were spent`);
    assert.equal(new Set(rows.map(({ id }) => id)).size, rows.length, 'every row is there once');
    assert.equal(sum(rows.map(row => BigInt(row.amount_nano_usd ?? ''))), after.available, 'the ledger adds up');
    assert.equal(
      -sum(charges.map(row => BigInt(row.amount_nano_usd ?? ''))),
      after.spent,
      'charges are what was spent',
    );
    assert.equal(new Set(charges.map(row => row.request_id)).size, charges.length, 'no request is charged twice');
    const abandoned = rows.filter(({ kind }) => kind === 'abandoned').length;
    return { ...result, charges: charges.length, abandoned, grantedNanoUsd, spentNanoUsd };
  } finally {
    await stack.kill('SIGKILL');
    await upstream.close();
    data.remove();
  }
}

type Kind = 'json' | 'sse' | 'leave' | 'cut' | 'fail';
const kinds: Kind[] = ['json', 'sse', 'json', 'leave', 'sse', 'cut', 'json', 'fail'];

const words = Array.from({ length: 5 }, (_, index) => `word${index} `);

/** What the provider does, told by the first word of the prompt. All who answer report the most that they may. */
async function answer(kind: string, response: ServerResponse): Promise<void> {
  const pause = () => new Promise(resolve => setTimeout(resolve, 20));
  await pause();
  if (kind === 'fail') return sendJson(response, 500, { error: { message: 'no' } });
  if (kind === 'json') return sendJson(response, 200, chatAnswer(words.join(''), promptTokens, outputTokens));
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  for (const event of chatEvents(words)) {
    response.write(event);
    await pause();
  }
  if (kind === 'cut') response.destroy();
  else response.end(usageEvent(promptTokens, outputTokens) + doneEvent);
}

async function ask(stack: Stack, kind: Kind, index: number): Promise<'answered' | 'refused' | 'failed' | 'died'> {
  const streams = kind !== 'json' && kind !== 'fail';
  const leaving = new AbortController();
  try {
    const response = await fetch(`${stack.gatewayUrl}/v1/chat/completions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${stack.gatewayKey}`, 'content-type': 'application/json' },
      body: JSON.stringify({
        model: 'gpt-4o-mini',
        max_tokens: outputTokens,
        stream: streams,
        messages: [{ role: 'user', content: `${kind} ${index}` }],
      }),
      signal: leaving.signal,
    });
    if (kind === 'leave' && response.status === 200) {
      await response.body?.getReader().read();
      leaving.abort();
      return 'answered';
    }
    await response.text();
    if (response.status === 200) return 'answered';
    return response.status === 403 ? 'refused' : 'failed';
  } catch (error) {
    // `fetch` fails like this when the other side is gone, before or in the middle of the answer.
    if (error instanceof TypeError) return 'died';
    throw error;
  }
}

/** Takes the demo credits away, finds out what one request sets aside, and grants as much as is wanted. */
async function setBalance(stack: Stack, affordable: number): Promise<bigint> {
  const refundAll = async () => {
    const { lots } = (await json(await stack.manage('GET', '/credits/balance'))) as { lots: { id: string }[] };
    for (const { id } of lots) {
      const refund = await stack.manage('POST', '/credits/refunds', { lot_id: id, reason: 'test' });
      assert.equal(refund.status, 201, await refund.text());
    }
  };
  const grant = async (amountNanoUsd: bigint) => {
    const text = `${amountNanoUsd / 1_000_000_000n}.${String(amountNanoUsd % 1_000_000_000n).padStart(9, '0')}`;
    assert.equal((await stack.manage('POST', '/credits/grants', { amount_usd: text, reason: 'test' })).status, 201);
  };
  const before = await balance(stack);
  const probe = fetch(`${stack.gatewayUrl}/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${stack.gatewayKey}` },
    body: JSON.stringify({
      model: 'gpt-4o-mini',
      max_tokens: outputTokens,
      stream: true,
      messages: [{ role: 'user', content: 'sse 1000' }],
    }),
  });
  const response = await probe;
  assert.equal(response.status, 200, await response.clone().text());
  await response.text();
  await settledBalance(stack);
  const id = response.headers.get('ngrok-aig-request-id');
  const record = await json(await stack.manage('GET', `/usage/requests/${id}`));
  const heldNanoUsd = BigInt(record.held_nano_usd as string);
  assert.ok(heldNanoUsd > 0n && before.available > 0n);
  await refundAll();
  const grantedNanoUsd = heldNanoUsd * BigInt(affordable) + heldNanoUsd / 2n;
  await grant(grantedNanoUsd);
  assert.equal((await balance(stack)).available, grantedNanoUsd);
  return grantedNanoUsd;
}

async function json(response: Response): Promise<Record<string, unknown>> {
  return (await response.json()) as Record<string, unknown>;
}

async function balance(stack: Stack) {
  const body = (await json(await stack.manage('GET', '/credits/balance'))) as Record<string, string>;
  const read = (name: string) => BigInt(body[`${name}_nano_usd`] ?? '');
  return {
    available: read('available'),
    held: read('held'),
    spent: read('spent'),
    expired: read('expired'),
    refunded: read('refunded'),
    purchased: read('purchased'),
  };
}

async function settledBalance(stack: Stack): Promise<Awaited<ReturnType<typeof balance>>> {
  for (const endMs = Date.now() + 60_000; ; ) {
    const now = await balance(stack);
    if (now.held === 0n || Date.now() > endMs) return now;
    await new Promise(resolve => setTimeout(resolve, 50));
  }
}

async function transactions(stack: Stack): Promise<Record<string, string | null>[]> {
  const rows: Record<string, string | null>[] = [];
  for (let uri: string | null = '/credits/transactions?limit=100'; uri !== null; ) {
    const page = await json(await stack.manage('GET', uri.replace(stack.managementUrl, '')));
    rows.push(...(page.transactions as typeof rows));
    uri = page.next_page_uri as string | null;
  }
  return rows;
}

function sum(amounts: bigint[]): bigint {
  return amounts.reduce((total, amount) => total + amount, 0n);
}
