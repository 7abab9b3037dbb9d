const ENTITIES: Readonly<Record<string, string>> = { lt: '<', gt: '>', quot: '"', apos: "'", amp: '&' };

/** What S3 says of a request that it refuses. */
export type S3Error = { readonly code: string; readonly message: string };

/**
 * Read the code and the message out of S3's XML. An answer without them (of a proxy, say), or with a part of them, is
 * named after its status.
 */
export function readS3Error(status: number, body: Buffer): S3Error {
  const sent = body.toString('utf8');
  const text = sent.includes('</Error>') ? sent : '';
  return {
    code: element(text, 'Code') ?? `HTTP_${status}`,
    message: element(text, 'Message') ?? `S3 answered with status ${status}`,
  };
}

function element(xml: string, name: string): string | undefined {
  const content = new RegExp(`<${name}>([^<]+)</${name}>`).exec(xml)?.[1];
  return content?.replaceAll(/&(lt|gt|quot|apos|amp);/g, (whole, entity) => ENTITIES[entity] ?? whole);
}
