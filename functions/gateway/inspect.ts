import { inspectionHoursDefault } from '../core/inspection-hours.ts';
import { CredentialMask, isSecretHeader } from '../core/mask-credentials.ts';
import { type InspectedMessage, type Inspection, replayHeader, saveInspection } from '../store/inspections.ts';
import type { Gateway, GatewayRequest, GatewayResponse, LoadedEndpoint, RequestEnd } from './gateway.ts';

/** What is kept of a body, of a header's value, of a path and of a query. */
const bodyBytesMax = 10 * 1024;
const valueBytesMax = 1024;
/** Headers beyond this many are left out, and the message says so. */
const headersMax = 100;

/** The beginning of a body that passes by. */
export class BodyBeginning {
  private readonly chunks: Buffer[] = [];
  private kept = 0;
  /** Of the whole body. */
  bytes = 0;

  add(chunk: string | Buffer): void {
    const bytes = typeof chunk === 'string' ? Buffer.from(chunk) : chunk;
    const wanted = bytes.subarray(0, Math.max(0, bodyBytesMax - this.kept));
    // A copy, because a few bytes would else keep the whole chunk they came in.
    if (wanted.length > 0) this.chunks.push(Buffer.from(wanted));
    this.kept += wanted.length;
    this.bytes += bytes.length;
  }

  /** @returns the same chunks */
  async *watch(body: AsyncIterable<string | Buffer>): AsyncGenerator<string | Buffer> {
    for await (const chunk of body) {
      this.add(chunk);
      yield chunk;
    }
  }

  beginning(): Buffer {
    return Buffer.concat(this.chunks);
  }
}

/** Keeps a request and its answer for the Traffic Inspector. What goes wrong is reported and nothing else. */
export async function keepInspection(
  traffic: {
    requestId: string;
    startedAtMs: number;
    request: GatewayRequest;
    endpoint: LoadedEndpoint;
    gatewayKeyId: string | undefined;
    response: GatewayResponse;
    answer: BodyBeginning;
  },
  end: RequestEnd,
  gateway: Gateway,
): Promise<void> {
  try {
    await saveInspection(gateway.store, toInspection(traffic, end, gateway.now()));
  } catch (error) {
    gateway.report(`keeping ${traffic.requestId} for the Traffic Inspector failed`, error);
  }
}

function toInspection(
  traffic: Parameters<typeof keepInspection>[0],
  { record, credentials }: RequestEnd,
  nowMs: number,
): Inspection {
  const { request, response, endpoint, answer, startedAtMs } = traffic;
  const mask = new CredentialMask([...credentialsIn(request.headers), ...credentials]);
  const asked = new BodyBeginning();
  asked.add(request.body);
  const lifetimeMs = (endpoint.inspectorHours ?? inspectionHoursDefault) * 3_600_000;
  const path = beginningOf(request.path);
  const query = beginningOf(request.query);
  const shownPath = mask.text(path.text, path.isCut);
  const shownQuery = mask.query(query.text, query.isCut);
  const message = toMessage(request.headers, asked, mask);
  return {
    requestId: traffic.requestId,
    accountId: endpoint.accountId,
    endpointId: endpoint.id,
    gatewayKeyId: traffic.gatewayKeyId,
    createdAt: new Date(startedAtMs).toISOString(),
    expiresAt: new Date(nowMs + lifetimeMs).toISOString(),
    totalMs: nowMs - startedAtMs,
    replayOf: request.headers[replayHeader]?.slice(0, 64),
    provider: record?.provider,
    model: record?.model,
    outcome: record?.outcome,
    status: response.status,
    method: request.method.slice(0, 32),
    path: shownPath,
    request: {
      ...message,
      query: shownQuery,
      cut: [...named('path', path.isCut), ...named('query', query.isCut), ...message.cut],
      masked: [
        ...named('path', shownPath !== path.text),
        ...named('query', shownQuery !== query.text),
        ...message.masked,
      ],
    },
    response: toMessage(response.headers, answer, mask),
  };
}

/** What the client showed as a credential may come back in an answer. */
function credentialsIn(headers: GatewayRequest['headers']): string[] {
  return Object.entries(headers).flatMap(([name, value]) => {
    if (value === undefined || !isSecretHeader(name)) return [];
    return [
      value,
      value.replace(/^\w+\s+/, '').trim(),
      ...value.split(/;\s*/).map(part => part.replace(/^[^=]*=/, '')),
    ];
  });
}

function toMessage(
  headers: Readonly<Record<string, string | undefined>>,
  body: BodyBeginning,
  mask: CredentialMask,
): InspectedMessage {
  const given = Object.entries(headers).filter((entry): entry is [string, string] => entry[1] !== undefined);
  const message: InspectedMessage = { headers: {}, body: '', bodyBytes: body.bytes, cut: [], masked: [] };
  if (given.length > headersMax) message.cut.push('headers');
  for (const [name, whole] of given.slice(0, headersMax)) {
    const { text, isCut } = beginningOf(whole);
    const shown = mask.header(name, text, isCut);
    const shownName = mask.text(name.slice(0, valueBytesMax));
    message.headers[shownName] = shown;
    if (isCut) message.cut.push(`headers.${shownName}`);
    if (shown !== text || shownName !== name) message.masked.push(`headers.${shownName}`);
  }
  const { text, isCut } = decode(body.beginning(), body.bytes > bodyBytesMax);
  message.body = mask.text(text, isCut);
  if (isCut) message.cut.push('body');
  if (message.body !== text) message.masked.push('body');
  return message;
}

function beginningOf(value: string): { text: string; isCut: boolean } {
  const bytes = Buffer.from(value);
  return decode(bytes.subarray(0, valueBytesMax), bytes.length > valueBytesMax);
}

/** Without half a character at a cut. What is no UTF-8 counts as cut: it cannot be shown whole. */
function decode(bytes: Buffer, isCut: boolean): { text: string; isCut: boolean } {
  try {
    const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
    return { text: decoder.decode(bytes, { stream: isCut }), isCut };
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    return { text: bytes.toString('utf8'), isCut: true };
  }
}

function named(name: string, isSo: boolean): string[] {
  return isSo ? [name] : [];
}
