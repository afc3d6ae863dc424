import { GatewayError } from '../core/errors.ts';
import { formatUsd } from '../core/money.ts';
import { candidateName } from '../routing/endpoint-catalog.ts';
import { type FittedPlan, fitPlan } from '../routing/fit-plan.ts';
import type { Plan } from '../routing/plan-attempts.ts';
import type { HoldRefusal } from '../store/balances.ts';
import type { Wanted } from '../store/wanted.ts';
import type { Exchange } from './exchange.ts';
import type { Gateway } from './gateway.ts';
import { holdLimitFor, releaseLimit } from './hold-limit.ts';

/**
 * A plan as the balance allows it. Before the first plan that costs something, money is set aside for it and all after
 * it: the most that any of them can cost, or what the balance has, if at least one of them can be made to fit. Each of them
 * is then tried with its answers limited to what that money pays.
 * @param later the plans after it
 * @param refusal why an earlier plan could not be tried; money that was refused for all of them is not asked for again
 * @returns why it cannot be tried, when it cannot
 */
export async function affordablePlan(
  plan: Plan,
  later: readonly Plan[],
  refusal: GatewayError | undefined,
  exchange: Exchange,
  gateway: Gateway,
): Promise<FittedPlan | GatewayError> {
  if (!wantedFor([plan])) return { plan, outputLimit: undefined };
  if (!exchange.hold) {
    const refused = refusal ?? (await holdCredits([plan, ...later], exchange, gateway));
    if (refused) return refused;
  }
  const heldNanoUsd = exchange.hold?.amountNanoUsd ?? 0n;
  const fitted = fitPlan(plan, exchange.call, heldNanoUsd);
  if (fitted) return fitted;
  const least = formatUsd(plan.bound?.leastNanoUsd ?? 0n);
  return new GatewayError(
    'ERR_NGROK_4026',
    `Not enough credits for ${candidateName(plan.candidate)}: it may cost ${least} USD with the shortest answer, and ${formatUsd(heldNanoUsd)} USD are set aside`,
  );
}

/** @returns why no money could be set aside, or undefined when it was */
async function holdCredits(
  plans: readonly Plan[],
  exchange: Exchange,
  gateway: Gateway,
): Promise<GatewayError | undefined> {
  const wanted = wantedFor(plans);
  if (!wanted) return undefined;
  const limited = await holdLimitFor(exchange, wanted.amountNanoUsd, gateway);
  if (limited) return limited;
  const { accountId } = exchange.caller.endpoint;
  const result = await gateway.balances.hold(accountId, exchange.requestId, wanted, gateway.now());
  if (result.status !== 'held') {
    await releaseLimit(exchange, gateway);
    return notEnoughCredits(wanted, result, limitMember(plans, exchange));
  }
  exchange.hold = result.hold;
  return undefined;
}

/** The most and the least that any of the plans can cost; undefined when none of them costs anything. */
function wantedFor(plans: readonly Plan[]): Wanted | undefined {
  const bounds = plans.flatMap(({ bound }) => (bound && bound.mostNanoUsd > 0n ? bound : []));
  if (bounds.length === 0) return undefined;
  return {
    amountNanoUsd: bounds.map(({ mostNanoUsd }) => mostNanoUsd).reduce((a, b) => (a > b ? a : b)),
    leastNanoUsd: bounds.map(({ leastNanoUsd }) => leastNanoUsd).reduce((a, b) => (a < b ? a : b)),
  };
}

function notEnoughCredits(
  { amountNanoUsd, leastNanoUsd }: Wanted,
  { availableNanoUsd, everPurchased }: HoldRefusal,
  limit: string | undefined,
): GatewayError {
  const needed =
    leastNanoUsd < amountNanoUsd
      ? `this request may cost up to ${formatUsd(amountNanoUsd)} USD (${formatUsd(leastNanoUsd)} USD with the shortest answer)`
      : `this request may cost up to ${formatUsd(amountNanoUsd)} USD`;
  const shorten = limit ? `lower ${limit}` : 'shorten the input';
  return new GatewayError(
    everPurchased ? 'ERR_NGROK_4026' : 'ERR_NGROK_6033',
    `Not enough credits: ${needed} and ${formatUsd(availableNanoUsd)} USD are available; buy or grant credits, ${shorten}, or use your own provider key`,
  );
}

/** What the client can lower to pay less; undefined where answers have no length. */
function limitMember([plan]: readonly Plan[], { call }: Exchange): string | undefined {
  return Object.keys(call.surface.limitOutput({}, 1, plan?.candidate.provider.outputLimit ?? 'max_tokens'))[0];
}
