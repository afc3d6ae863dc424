import type { z } from 'zod';
import { GatewayError } from '../../core/errors.ts';
import type { basicAuth } from '../actions/basic-auth.ts';
import { credentialMistake } from '../credential-mistake.ts';
import type { ActionCompiler, ActionRunner } from './compile-rules.ts';
import type { PolicyRun } from './policy-run.ts';
import { digestText, sameDigest } from './same-text.ts';

export const runBasicAuth: ActionRunner<z.output<typeof basicAuth.config>> = (config, compiler) => {
  const credentials = config.credentials.map((text, index) => compileCredential(text, index, compiler));
  const realm = config.realm.replace(/["\\]/g, '\\$&');
  return run => {
    const presented = readCredential(run.request.headers.authorization);
    const digest = digestText(presented ?? '');
    // Each is compared, so that the time does not tell which one was nearly right.
    const isKnown = credentials.map(expected => sameDigest(expected(run), digest)).includes(true);
    const authorized = presented !== undefined && isKnown;
    const username = presented === undefined ? '' : presented.slice(0, presented.indexOf(':'));
    run.note('basic-auth', { credentials: { presented: presented !== undefined, username, authorized } });
    if (authorized || !config.enforce) return undefined;
    const message =
      presented === undefined
        ? 'This endpoint asks for a user name and password: send "Authorization: Basic …"'
        : 'The user name or the password is wrong';
    const headers = { 'www-authenticate': `Basic realm="${realm}", charset="UTF-8"` };
    throw new GatewayError('basic_auth_failed', message, { headers });
  };
};

/** @see https://www.rfc-editor.org/rfc/rfc7617 */
function readCredential(authorization: string | undefined): string | undefined {
  const [, encoded] = /^Basic +([A-Za-z0-9+/]+={0,2}) *$/i.exec(authorization ?? '') ?? [];
  const credential = encoded === undefined ? '' : Buffer.from(encoded, 'base64').toString('utf8');
  return credential.includes(':') ? credential : undefined;
}

/** Credentials without expressions are digested once. */
function compileCredential(text: string, index: number, compiler: ActionCompiler): (run: PolicyRun) => Buffer {
  const template = compiler.template(text);
  const digest = (credential: string) => {
    const mistake = credentialMistake(credential);
    if (!mistake) return digestText(credential);
    throw new GatewayError('ERR_NGROK_2238', `What credentials[${index}] of ${compiler.label} gives ${mistake}`);
  };
  if (!template.isConstant) return run => digest(run.renderText(template, compiler.label));
  const constant = digest(text);
  return () => constant;
}
