import type { z } from 'zod';
import { GatewayError } from '../../core/errors.ts';
import type { restrictIps } from '../actions/restrict-ips.ts';
import { type AddressRange, readAddress, readRange } from '../expressions/macros/text-kinds.ts';
import type { ActionCompiler, ActionRunner } from './compile-rules.ts';
import type { PolicyRun } from './policy-run.ts';

export const runRestrictIps: ActionRunner<z.output<typeof restrictIps.config>> = (config, compiler) => {
  const allow = config.allow.map((text, index) => compileRange(text, `allow[${index}]`, compiler));
  const deny = config.deny.map((text, index) => compileRange(text, `deny[${index}]`, compiler));
  return run => {
    const address = readAddress(run.caller.clientIp);
    const find = (ranges: typeof allow) => {
      for (const range of ranges) {
        const { text, range: read } = range(run);
        if (address && read.includes(address)) return text;
      }
      return undefined;
    };
    const denied = find(deny);
    const allowed = denied === undefined ? find(allow) : undefined;
    const isAllowed = address !== undefined && denied === undefined && (allowed !== undefined || allow.length === 0);
    const message = `Address ${run.caller.clientIp} may not call this endpoint`;
    run.note('restrict-ips', {
      action: isAllowed ? 'allow' : 'deny',
      matched_cidr: denied ?? allowed ?? '',
      error: isAllowed ? { code: '', message: '' } : { code: 'ip_not_allowed', message },
    });
    if (!isAllowed && config.enforce) throw new GatewayError('ip_not_allowed', message);
    return undefined;
  };
};

/** Ranges without expressions are read once. */
function compileRange(
  text: string,
  place: string,
  compiler: ActionCompiler,
): (run: PolicyRun) => { text: string; range: AddressRange } {
  const template = compiler.template(text);
  const read = (filledIn: string) => {
    const range = readRange(filledIn);
    if (range) return { text: filledIn, range };
    const message = `What ${place} of ${compiler.label} gives is not a range of addresses such as 203.0.113.0/24`;
    throw new GatewayError('ERR_NGROK_2238', message);
  };
  if (!template.isConstant) return run => read(run.renderText(template, compiler.label));
  const constant = read(text);
  return () => constant;
}
