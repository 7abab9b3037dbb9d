import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** How an object is answered for. */
export type Answer = (request: IncomingMessage, response: ServerResponse) => void;

export type ObjectServer = {
  readonly endpoint: string;
  /** Keys in the order in which they were asked for. */
  readonly asked: readonly string[];
  readonly stop: () => Promise<void>;
};

/** A server on 127.0.0.1 that answers for each key of any bucket in its own way, and for no other. */
export async function startObjectServer(answers: Readonly<Record<string, Answer>>): Promise<ObjectServer> {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    // Not by `URL`, for which `..` is a step up.
    const [, , ...parts] = (request.url ?? '').replace(/\?.*/, '').split('/');
    const key = decodeURIComponent(parts.join('/'));
    asked.push(key);
    const answer = answers[key] ?? refused(404, 'NoSuchKey');
    answer(request, response);
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    stop: async () => {
      server.closeAllConnections();
      await new Promise((closed) => server.close(closed));
    },
  };
}

/** S3's XML; nothing at all for null, as from a proxy. */
export function refused(status: number, code: string | null, message = 'No.'): Answer {
  const text = message.replaceAll("'", '&apos;');
  const xml = `<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>${code}</Code><Message>${text}</Message></Error>`;
  return (_, response) => {
    response.writeHead(status, { 'content-type': 'application/xml' }).end(code === null ? '' : xml);
  };
}

/** The object, and what of a GET is asked of it: all or a range. */
export function given(body: Buffer, headers: Readonly<Record<string, string>> = {}): Answer {
  return (request, response) => {
    const [, first, last] = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? '') ?? [];
    const fields = { etag: '"e"', ...headers };
    if (first === undefined) {
      response.writeHead(200, { ...fields, 'content-length': body.length }).end(body);
      return;
    }
    const part = body.subarray(Number(first), Number(last) + 1);
    const range = `bytes ${first}-${last}/${body.length}`;
    response.writeHead(206, { ...fields, 'content-length': part.length, 'content-range': range }).end(part);
  };
}

/** The start of what is promised, and then the end of the connection. */
export function cutOff(length: number, status = 200): Answer {
  return (_, response) => {
    response.writeHead(status, { etag: '"e"', 'content-length': length });
    response.write(Buffer.alloc(Math.floor(length / 2)), () => response.destroy());
  };
}
