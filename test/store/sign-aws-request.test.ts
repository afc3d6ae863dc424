import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import fc from 'fast-check';
import { createSigner } from '../../functions/store/sign-aws-request.ts';

/** Visible ASCII, as in every credential. */
const token = fc.stringMatching(/^[!-~]{1,40}$/);
const request = fc.record({
  host: fc.constantFrom('dynamodb.eu-central-1.amazonaws.com', '127.0.0.1:8000'),
  contentType: fc.constantFrom('application/x-amz-json-1.0', 'application/x-amz-json-1.1'),
  target: fc.constantFrom('DynamoDB_20120810.PutItem', 'secretsmanager.GetSecretValue'),
  body: fc.string({ unit: 'grapheme' }),
  sentAt: fc.date({ min: new Date('2020-01-01'), max: new Date('2099-12-31'), noInvalidDate: true }),
});

test('signs as the SDK signs', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.record({
        service: fc.constantFrom('dynamodb', 'secretsmanager'),
        region: fc.constantFrom('us-east-1', 'cn-north-1'),
        credentials: fc.record({
          accessKeyId: token,
          secretAccessKey: token,
          sessionToken: fc.option(token, { nil: undefined }),
        }),
      }),
      fc.array(request, { minLength: 1, maxLength: 3 }),
      async (scope, requests) => {
        const sign = createSigner(scope);
        for (const unsigned of requests) {
          assert.equal(toMap(sign(unsigned)).authorization, await authorizationOfSdk(scope, unsigned));
        }
      },
    ),
  );
});

/** The SDK's own signer, given what a request has before it is signed. */
async function authorizationOfSdk(
  { service, region, credentials }: Parameters<typeof createSigner>[0],
  { host, contentType, target, body, sentAt }: Parameters<ReturnType<typeof createSigner>>[0],
): Promise<string | undefined> {
  const { accessKeyId, secretAccessKey, sessionToken } = credentials;
  const known = { accessKeyId, secretAccessKey, ...(sessionToken !== undefined && { sessionToken }) };
  const client = new DynamoDBClient({ region, credentials: known });
  const signer = await client.config.signer({
    name: 'sigv4',
    signingName: service,
    signingRegion: region,
    properties: {},
  });
  const headers = { 'content-type': contentType, host, ...(target !== undefined && { 'x-amz-target': target }) };
  const signed = await signer.sign(
    { method: 'POST', protocol: 'https:', hostname: host, path: '/', query: {}, headers, body },
    // The SDK also sends and signs a digest of the body; only S3 wants one, and the signature covers the body anyway.
    { signingDate: sentAt, unsignableHeaders: new Set(['x-amz-content-sha256']) },
  );
  return signed.headers.authorization;
}

function toMap(rawHeaders: string[]): Record<string, string> {
  const map: Record<string, string> = {};
  for (let index = 0; index < rawHeaders.length; index += 2)
    map[rawHeaders[index] as string] = rawHeaders[index + 1] as string;
  return map;
}
