import { createHmac, createSecretKey, hash, type KeyObject } from 'node:crypto';

export type Credentials = {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string | undefined;
};

/** What a request without a body says of it: the SHA-256 of nothing. */
const GET = {
  method: 'GET',
  sha256: 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
};

/**
 * Signs requests to S3 with Signature Version 4. The key that is derived from secret, day and region is kept, which leaves
 * two hashes per request: a fifth of what `@smithy/signature-v4` takes (docs/performance.md).
 */
export class Signer {
  readonly #region: string;
  #secret = '';
  #day = '';
  #key: KeyObject | undefined;

  constructor(region: string) {
    this.#region = region;
  }

  /**
   * All headers of a request, those of the signature included.
   *
   * @param path encoded as it is sent, without a query
   * @param headers names in lower case, `host` among them; each is signed, so none may be changed later
   * @param epochMs S3 refuses what is over 15 minutes off
   * @param payload the method, and the SHA-256 of the body in hexadecimal. @default a GET
   */
  sign(
    path: string,
    headers: Readonly<Record<string, string>>,
    credentials: Credentials,
    epochMs: number,
    { method, sha256 }: { readonly method: string; readonly sha256: string } = GET,
  ): Record<string, string> {
    const time = basicTime(epochMs);
    const day = time.slice(0, 8);
    const scope = `${day}/${this.#region}/s3/aws4_request`;
    const signed: Record<string, string> = {
      ...headers,
      'x-amz-content-sha256': sha256,
      'x-amz-date': time,
    };
    if (credentials.sessionToken !== undefined) signed['x-amz-security-token'] = credentials.sessionToken;
    const names = Object.keys(signed).sort();
    const lines = names.map((name) => `${name}:${signed[name]}\n`).join('');
    const list = names.join(';');
    const request = `${method}\n${path}\n\n${lines}\n${list}\n${sha256}`;
    const text = `AWS4-HMAC-SHA256\n${time}\n${scope}\n${hash('sha256', request, 'hex')}`;
    const signature = createHmac('sha256', this.#signingKey(credentials.secretAccessKey, day))
      .update(text)
      .digest('hex');
    signed.authorization = `AWS4-HMAC-SHA256 Credential=${credentials.accessKeyId}/${scope}, SignedHeaders=${list}, Signature=${signature}`;
    return signed;
  }

  #signingKey(secret: string, day: string): KeyObject {
    if (this.#key !== undefined && secret === this.#secret && day === this.#day) return this.#key;
    let bytes: Buffer | string = `AWS4${secret}`;
    for (const part of [day, this.#region, 's3', 'aws4_request']) {
      bytes = createHmac('sha256', bytes).update(part).digest();
    }
    // A key that Node would have to make of the bytes each time takes longer than all else in a signature.
    this.#key = createSecretKey(Buffer.from(bytes));
    this.#secret = secret;
    this.#day = day;
    return this.#key;
  }
}

/** ISO 8601's basic format: `20260131T235959Z`. */
function basicTime(epochMs: number): string {
  return `${new Date(epochMs).toISOString().slice(0, 19).replaceAll(/[-:]/g, '')}Z`;
}
