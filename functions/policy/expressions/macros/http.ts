import type { ASTNode, Environment } from 'cel-js';
import type { Checker, Evaluator } from '../ast.ts';
import { errorAt } from '../error-at.ts';
import { EvaluationError } from '../expression-error.ts';
import type { RequestView } from '../request-view.ts';
import type { ResponseView } from '../response-view.ts';

/** A function of one name that reads `req` or `res`. */
interface Reader<View> {
  type: string;
  read(view: View, name: string): unknown;
}

type Values = ReadonlyMap<string, readonly unknown[]>;

const lists = (values: Values, name: string) => values.get(name) ?? [];
const firstOf = (values: Values, name: string) => values.get(name)?.[0] ?? null;

/** Names of headers are read in any case here, as `getReqHeader('User-Agent')` is the usual way to write them. */
const requestReaders: Readonly<Record<string, Reader<RequestView>>> = {
  getReqHeader: { type: 'list<dyn>', read: (req, name) => lists(req.headerLists, name.toLowerCase()) },
  hasReqHeader: { type: 'bool', read: (req, name) => req.headerLists.has(name.toLowerCase()) },
  getQueryParam: { type: 'list<dyn>', read: (req, name) => lists(req.queryLists, name) },
  hasQueryParam: { type: 'bool', read: (req, name) => req.queryLists.has(name) },
  getReqCookie: { type: 'dyn', read: (req, name) => firstOf(req.cookiesByName, name) },
  hasReqCookie: { type: 'bool', read: (req, name) => req.cookiesByName.has(name) },
};

const responseReaders: Readonly<Record<string, Reader<ResponseView>>> = {
  getResHeader: { type: 'list<dyn>', read: (res, name) => lists(res.headerLists, name.toLowerCase()) },
  hasResHeader: { type: 'bool', read: (res, name) => res.headerLists.has(name.toLowerCase()) },
  getResCookie: { type: 'dyn', read: (res, name) => firstOf(res.cookiesByName, name) },
  hasResCookie: { type: 'bool', read: (res, name) => res.cookiesByName.has(name) },
};

export const requestFunctions = Object.keys(requestReaders);
export const responseFunctions = Object.keys(responseReaders);

/** Registers the functions that read requests, and those that read answers. */
export function registerHttpFunctions(environment: Environment): void {
  for (const [name, reader] of Object.entries(requestReaders)) registerReader(environment, 'req', name, reader);
  for (const [name, reader] of Object.entries(responseReaders)) registerReader(environment, 'res', name, reader);
}

interface ReaderCall {
  args: readonly [ASTNode];
}

/** The engine's scope of variables. */
interface Scope {
  getValue(name: string): unknown;
}

function registerReader<View>(environment: Environment, variable: string, name: string, { type, read }: Reader<View>) {
  const expand = ({ args: [argument] }: ReaderCall) => ({
    async: false,
    typeCheck(checker: Checker, _macro: unknown, scope: unknown) {
      const given = checker.check(argument, scope).name;
      if (given !== 'string' && given !== 'dyn')
        throw errorAt('type', `${name}() takes a string, not ${given}`, argument);
      return checker.getType(type);
    },
    evaluate(evaluator: Evaluator, _macro: unknown, scope: Scope) {
      const key = evaluator.run(argument, scope);
      if (typeof key !== 'string') throw new EvaluationError(`${name}() takes a string`);
      return read(scope.getValue(variable) as View, key);
    },
  });
  environment.registerFunction(`${name}(ast): ${type}`, expand, { async: false });
}
