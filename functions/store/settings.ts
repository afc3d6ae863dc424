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

/** Where stores listen that are not those of AWS. @throws Error naming a variable that is no URL */
export function readStorePorts(environment: NodeJS.ProcessEnv): number[] {
  const names = ['AWS_ENDPOINT_URL_DYNAMODB', 'AWS_ENDPOINT_URL_SECRETS_MANAGER'];
  return names.flatMap(name => {
    const text = environment[name];
    if (!text) return [];
    if (!URL.canParse(text)) throw new Error(`${name} is "${text}"; use a URL such as http://127.0.0.1:8000`);
    const { protocol, port } = new URL(text);
    return protocol === 'http:' ? [Number(port || 80)] : [];
  });
}

/** @throws Error naming a variable that is not set or not a whole number above 0 */
export function readWholeNumber(environment: NodeJS.ProcessEnv, name: string): number {
  const text = requireVariable(environment, name);
  const value = Number(text);
  if (Number.isSafeInteger(value) && value > 0) return value;
  throw new Error(`${name} is "${text}"; use a whole number above 0`);
}
