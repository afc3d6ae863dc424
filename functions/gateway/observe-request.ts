import type { Caller } from './authenticate.ts';
import type { Gateway, GatewayRequest, GatewayResponse } from './gateway.ts';
import { BodyBeginning, keepInspection } from './inspect.ts';
import { toRequestLine } from './request-line.ts';

/** A request as it came, and who sent it, if that is known. */
export interface ObservedRequest {
  requestId: string;
  startedAtMs: number;
  request: GatewayRequest;
  caller: Caller | undefined;
}

/**
 * What is kept of any request when its answer is out, whoever gave the answer: a line in the log, and, where the
 * endpoint's Traffic Inspector is on, what was said.
 */
export function observe(response: GatewayResponse, observed: ObservedRequest, gateway: Gateway): GatewayResponse {
  const { caller, startedAtMs, request } = observed;
  // The one that the client has and the record bears: a later call of models has an id of its own.
  const requestId = response.headers['ngrok-aig-request-id'] ?? observed.requestId;
  const endpoint = caller?.endpoint;
  const answer = endpoint?.inspector ? new BodyBeginning() : undefined;
  return {
    ...response,
    body: answer ? answer.watch(response.body) : response.body,
    async finish() {
      const end = await response.finish();
      gateway.logRequest?.(toRequestLine({ ...observed, requestId }, response.status, end.record, gateway));
      if (!endpoint || !answer) return end;
      const gatewayKeyId = caller.gatewayKey?.id;
      await keepInspection({ requestId, startedAtMs, request, endpoint, gatewayKeyId, response, answer }, end, gateway);
      return end;
    },
  };
}
