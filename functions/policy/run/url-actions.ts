import type { z } from 'zod';
import { GatewayError } from '../../core/errors.ts';
import type { redirect } from '../actions/redirect.ts';
import type { urlRewrite } from '../actions/url-rewrite.ts';
import { MatchLog, replaceInText } from '../patterns/replace.ts';
import { compileReplacement, withinCost } from './compile-replacement.ts';
import type { ActionCompiler, ActionRunner } from './compile-rules.ts';
import { type PolicyRun, wholeBody } from './policy-run.ts';
import { compileHeaders } from './render-headers.ts';

/** `from` to take for a URL that is replaced as a whole. */
const wholeUrl = '(?s)\\A.*\\z';

export const runUrlRewrite: ActionRunner<z.output<typeof urlRewrite.config>> = (config, compiler) => {
  const change = compileUrl(config, compiler);
  return run => {
    const { url, isChanged } = change(run, 'url-rewrite');
    if (!isChanged) return undefined;
    const { pathname, search } = url;
    run.request = { ...run.request, path: pathname, query: search.slice(1) };
    return undefined;
  };
};

export const runRedirect: ActionRunner<z.output<typeof redirect.config>> = (config, compiler) => {
  const change = compileUrl(config, compiler);
  const headers = compileHeaders(config.headers ?? {}, compiler);
  return run => {
    const { url, isChanged } = change(run, 'redirect');
    if (!isChanged) return undefined;
    return { status: config.status_code, headers: { ...headers(run), location: url.href }, body: wholeBody('') };
  };
};

function compileUrl({ from = wholeUrl, to }: { from?: string | undefined; to: string }, compiler: ActionCompiler) {
  const ruleFor = compileReplacement({ from, to }, compiler);
  return (run: PolicyRun, type: string): { url: URL; isChanged: boolean } => {
    const before = currentUrl(run);
    const log = new MatchLog();
    const after = withinCost(compiler, () => replaceInText(before, [ruleFor(run)], log));
    const url = URL.parse(after, before);
    const matches = log.matches.map(({ matched_content }) => matched_content);
    if (url && /^https?:$/.test(url.protocol)) {
      run.note(type, { matches, url: url.href, error: { code: '', message: '' } });
      return { url, isChanged: url.href !== before };
    }
    throw new GatewayError(
      'ERR_NGROK_2238',
      `The ${compiler.label} makes "${after.slice(0, 200)}" of the URL, which is none`,
    );
  };
}

/** As rules see it: without the endpoint's slug. */
function currentUrl({ caller, request }: PolicyRun): string {
  const query = request.query === '' ? '' : `?${request.query}`;
  return new URL(`${caller.scheme}://${request.headers.host ?? 'localhost'}${request.path}${query}`).href;
}
