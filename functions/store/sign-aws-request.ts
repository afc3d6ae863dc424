import { createHmac, createSecretKey, hash, type KeyObject } from 'node:crypto';

export interface AwsCredentials {
  accessKeyId: string;
  secretAccessKey: string;
  /** Of temporary credentials, which is what functions get. */
  sessionToken?: string | undefined;
}

/** Where a signed request goes: `dynamodb` in `eu-central-1`. */
export interface SigningScope {
  service: string;
  region: string;
  credentials: AwsCredentials;
}

/** What differs between the requests of one service. */
export interface UnsignedRequest {
  host: string;
  contentType: string;
  /** The operation, as `x-amz-target` names it; undefined for services that read it from the body. */
  target: string | undefined;
  body: string;
  sentAt: Date;
}

const algorithm = 'AWS4-HMAC-SHA256';

/**
 * Signs POST requests to `/` with Signature Version 4; made once per service, because the key is the same for a day.
 * @returns names and values of all headers in turn, as `node:http` takes them
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
 */
export function createSigner({ service, region, credentials }: SigningScope): (request: UnsignedRequest) => string[] {
  const { accessKeyId, secretAccessKey, sessionToken } = credentials;
  const namesBefore = ['content-type', 'host', 'x-amz-date', ...(sessionToken ? ['x-amz-security-token'] : [])];
  const namesWithTarget = [...namesBefore, 'x-amz-target'];
  let keyDay = '';
  let key: KeyObject;

  return ({ host, contentType, target, body, sentAt }) => {
    const time = toBasicFormat(sentAt);
    const day = time.slice(0, 8);
    if (day !== keyDay) {
      const secret = Buffer.from(`AWS4${secretAccessKey}`);
      // As an object it is prepared once; bytes would be with every use, which takes ten times as long as the use.
      key = createSecretKey([day, region, service, 'aws4_request'].reduce(hmac, secret));
      keyDay = day;
    }
    const names = target === undefined ? namesBefore : namesWithTarget;
    const signedNames = names.join(';');
    const values = [contentType, host, time, ...(sessionToken ? [sessionToken] : []), target];
    const headers: string[] = [];
    let canonical = 'POST\n/\n\n';
    for (const [index, name] of names.entries()) {
      headers.push(name, values[index] as string);
      canonical += `${name}:${values[index]}\n`;
    }
    canonical += `\n${signedNames}\n${hash('sha256', body)}`;
    const scope = `${day}/${region}/${service}/aws4_request`;
    const signature = hmac(key, `${algorithm}\n${time}\n${scope}\n${hash('sha256', canonical)}`).toString('hex');
    headers.push(
      'authorization',
      `${algorithm} Credential=${accessKeyId}/${scope}, SignedHeaders=${signedNames}, Signature=${signature}`,
    );
    return headers;
  };
}

function hmac(key: Buffer | KeyObject, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest();
}

/** `20261124T041000Z` */
function toBasicFormat(time: Date): string {
  return `${time.toISOString().slice(0, 19).replace(/[-:]/g, '')}Z`;
}
