import type { z } from 'zod';
import type { addHeaders } from '../actions/add-headers.ts';
import type { removeHeaders } from '../actions/remove-headers.ts';
import type { ActionRunner } from './compile-rules.ts';
import type { PolicyRun } from './policy-run.ts';
import { compileHeaders } from './render-headers.ts';

/** Headers of the request before there is an answer, and the answer's afterwards. */
function headersOf(run: PolicyRun): Readonly<Record<string, string | undefined>> {
  return run.answer?.headers ?? run.request.headers;
}

function setHeaders(run: PolicyRun, headers: Record<string, string | undefined>): void {
  if (run.answer) run.answer = { ...run.answer, headers: headers as Record<string, string> };
  else run.request = { ...run.request, headers };
}

export const runAddHeaders: ActionRunner<z.output<typeof addHeaders.config>> = ({ headers }, compiler) => {
  const render = compileHeaders(headers, compiler);
  return run => {
    const added = render(run);
    const changed = { ...headersOf(run) };
    for (const [name, value] of Object.entries(added)) {
      changed[name] = changed[name] === undefined ? value : `${changed[name]}, ${value}`;
      if (!run.answer) run.addedHeaders.add(name);
    }
    setHeaders(run, changed);
    run.note('add-headers', { headers_added: added });
    return undefined;
  };
};

export const runRemoveHeaders: ActionRunner<z.output<typeof removeHeaders.config>> = ({ headers }) => {
  const names = new Set(headers.map(name => name.toLowerCase()));
  return run => {
    const present = headersOf(run);
    const kept = Object.fromEntries(Object.entries(present).filter(([name]) => !names.has(name)));
    for (const name of names) if (!run.answer) run.addedHeaders.delete(name);
    setHeaders(run, kept);
    run.note('remove-headers', { headers_removed: [...names].filter(name => present[name] !== undefined) });
    return undefined;
  };
};
