import { z } from 'zod';
import { parseDurationMs } from '../core/clock.ts';

/** A duration such as `90s` or `1m30s`, as milliseconds. */
const duration = z.string().transform((text, context) => {
  const ms = parseDurationMs(text);
  if (ms !== undefined && ms > 0) return ms;
  context.addIssue({
    code: 'custom',
    message: `"${text}" is not a duration; write one such as "90s", "2m" or "1m30s"`,
  });
  return z.NEVER;
});

/** `https`, or `http` inside a private network (`*.internal`), or loopback where the deployment allows it. */
function baseUrl(allowLoopback: boolean) {
  return z.string().superRefine((text, context) => {
    if (isAllowedBaseUrl(text, allowLoopback)) return;
    const message = `"${text}" is not allowed; use an https URL (http only for hosts that end in .internal)`;
    context.addIssue({ code: 'custom', message });
  });
}

function isAllowedBaseUrl(text: string, allowLoopback: boolean): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, hostname, username, password } = new URL(text);
  if (username || password) return false;
  if (protocol === 'https:') return true;
  const isLoopback = hostname === 'localhost' || hostname === '[::1]' || /^127(\.\d+){3}$/.test(hostname);
  return protocol === 'http:' && (hostname.endsWith('.internal') || (allowLoopback && isLoopback));
}

const name = z.string().min(1).max(255);

/** The `config` of an `ai-gateway` action, as written in a policy. */
export function aiGatewaySchema({ allowLoopback }: { allowLoopback: boolean }) {
  const model = z.strictObject({ id: name, id_aliases: z.array(name).optional() });
  const provider = z.strictObject({
    id: name,
    id_aliases: z.array(name).optional(),
    base_url: baseUrl(allowLoopback).optional(),
    api_keys: z.array(z.strictObject({ value: z.string().min(1) })).optional(),
    models: z.array(model).optional(),
  });
  return z.strictObject({
    total_timeout: duration.default(6 * 60_000),
    per_request_timeout: duration.default(3 * 60_000),
    providers: z.array(provider).default([]),
  });
}

/** The same after parsing, with defaults filled in; timeouts in milliseconds. */
export type AiGatewayConfig = z.output<ReturnType<typeof aiGatewaySchema>>;
export type ProviderConfig = AiGatewayConfig['providers'][number];
