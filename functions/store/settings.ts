import type { TableNames } from './dynamo.ts';

/** A variable that the stack must have set. @throws Error naming it */
export function requireVariable(environment: NodeJS.ProcessEnv, name: string): string {
  const value = environment[name];
  if (!value) throw new Error(`${name} is not set`);
  return value;
}

export function readTableNames(environment: NodeJS.ProcessEnv): TableNames {
  return {
    keys: requireVariable(environment, 'TOLLGATE_KEYS_TABLE'),
    endpoints: requireVariable(environment, 'TOLLGATE_ENDPOINTS_TABLE'),
    credits: requireVariable(environment, 'TOLLGATE_CREDITS_TABLE'),
    usage: requireVariable(environment, 'TOLLGATE_USAGE_TABLE'),
  };
}
