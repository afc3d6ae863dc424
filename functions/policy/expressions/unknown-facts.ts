import type { ASTNode } from 'cel-js';
import { fieldOf } from './ast.ts';
import { errorAt } from './error-at.ts';

const notTold = 'a Function URL does not tell it';

/** What other gateways know and a Lambda function behind a Function URL cannot: refused instead of empty. */
const unknownFacts: readonly [path: string, reason: string][] = [
  [
    'req.body',
    'there is no body variable: rules cannot depend on the content of a message; use a header, the path or the query',
  ],
  [
    'res.body',
    'there is no body variable: rules cannot depend on the content of a message; use res.status_code or a header',
  ],
  ['req.trailers', `${notTold}; use req.headers`],
  ['res.trailers', `answers have none here; use res.headers`],
  ['req.url.user_password', `${notTold}; use req.headers['authorization'][0]`],
  ['conn.client_ip.', `${notTold}; use conn.client_ip, inCidrRange() or a restrict-ips action`],
  [
    'conn.geo',
    `${notTold}; use a header that a CDN in front sets, such as req.headers['cloudfront-viewer-country'][0]`,
  ],
  ['conn.tls', `${notTold}; use a header that a CDN in front sets`],
  ['conn.client_port', `${notTold}; use conn.client_ip`],
  ['conn.server_ip', `${notTold}; use endpoint.host`],
  ['conn.server_port', `${notTold}; use endpoint.port`],
  ['conn.ts', `${notTold}; use req.ts.header_received`],
  ['conn.bytes_in', `${notTold}; use req.content_length`],
  ['conn.bytes_out', `${notTold}; use res.content_length`],
  ['conn.k8s', `${notTold}; use a header that the cluster sets`],
];

/** @throws ExpressionError when a node reads what cannot be known; it names the whole field */
export function refuseUnknownFacts(node: ASTNode): void {
  if (node.op !== '.' && node.op !== '[]') return;
  const path = pathOf(node);
  if (path === undefined || !/^(req|res|conn)\./.test(path)) return;
  const found = unknownFacts.find(([prefix]) => path === prefix || path.startsWith(belowPrefix(prefix)));
  if (found) throw errorAt('type', `"${path}" is not known: ${found[1]}`, node);
}

function belowPrefix(prefix: string): string {
  return prefix.endsWith('.') ? prefix : `${prefix}.`;
}

/** `conn.geo.city` of a chain of fields that begins with a variable. */
export function pathOf(node: ASTNode): string | undefined {
  if (node.op === 'id') return node.args;
  const field = fieldOf(node);
  const parent = field && pathOf(field.of);
  return field && parent !== undefined ? `${parent}.${field.name}` : undefined;
}
