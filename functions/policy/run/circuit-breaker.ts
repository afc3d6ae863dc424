import { createHash } from 'node:crypto';
import type { z } from 'zod';
import { GatewayError } from '../../core/errors.ts';
import type { circuitBreaker } from '../actions/circuit-breaker.ts';
import type { ActionRunner } from './compile-rules.ts';
import type { CircuitLimits } from './policy-run.ts';

/** A fault of the store lets requests through: a breaker protects providers, and is no reason to fail by itself. */
export const runCircuitBreaker: ActionRunner<z.output<typeof circuitBreaker.config>> = (config, compiler) => {
  const limits: CircuitLimits = {
    errorThreshold: config.error_threshold,
    volumeThreshold: config.volume_threshold,
    windowMs: config.window_duration,
    trippedMs: config.tripped_duration,
  };
  return async run => {
    const { caller, services } = run;
    const parts = [caller.accountId, caller.endpoint.id, compiler.place];
    const circuit = createHash('sha256').update(JSON.stringify(parts)).digest('base64url');
    let openForMs: number | undefined;
    try {
      openForMs = await services.circuits.openFor(circuit, limits);
    } catch (error) {
      services.report(`${compiler.label} could not be read, so it lets requests through`, error);
    }
    const retryAfterSeconds = Math.max(1, Math.ceil((openForMs ?? 0) / 1_000));
    const message = `Too many requests of this endpoint have failed; try again in ${retryAfterSeconds}s`;
    const error = openForMs === undefined ? { code: '', message: '' } : { code: 'circuit_open', message };
    run.note('circuit-breaker', { tripped: openForMs !== undefined, error });
    if (openForMs !== undefined) {
      if (config.enforce) throw new GatewayError('circuit_open', message, { retryAfterSeconds });
      return undefined;
    }
    run.atEnd.push(async status => {
      try {
        await services.circuits.note(circuit, limits, status >= 500);
      } catch (error) {
        services.report(`${compiler.label} could not count an answer`, error);
      }
    });
    return undefined;
  };
};
