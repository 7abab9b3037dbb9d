import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { crc32 } from 'node:zlib';
import { decodeAwsChunks } from './aws-chunks.ts';
import { etagOf, listingXml, objectsUnder } from './object-listing.ts';
import type { CountedStore, PipelineStore, Requests } from './pipelines.ts';
import { escapeXml, unescapeXml } from './xml-text.ts';

/** Something that the server has: of images it knows where they are, and of all else the bytes. */
export interface StoredObject {
  readonly size: number;
  readonly read: () => Promise<Uint8Array> | Uint8Array;
}

/** Of what the S3 API names `partNumber`. */
const PARTS = 10_000;

/**
 * A local server with the requests of S3 that engines make, which counts them: listing, reading whole or in part, writing at once or in
 * parts, deleting. What is written stays in memory. Only who has the access key is answered; signatures are not looked at.
 */
export class ObjectServer implements CountedStore {
  readonly store: PipelineStore;
  readonly #objects: Map<string, StoredObject>;
  readonly #server: Server;
  readonly #uploads = new Map<string, Uint8Array[]>();
  /** Of objects that were read with their checksum, as S3 keeps them. */
  readonly #checksums = new WeakMap<StoredObject, string>();
  readonly #counts = { puts: 0, gets: 0, bytesRead: 0 };

  private constructor(server: Server, objects: Map<string, StoredObject>, store: PipelineStore) {
    this.#server = server;
    this.#objects = objects;
    this.store = store;
    server.on('request', (request, response) => {
      this.#serve(request, response).catch((reason: unknown) => response.destroy(reason as Error));
    });
  }

  /** @param objects by their keys; those that are put come to them */
  static async start(
    objects: Map<string, StoredObject>,
    { loosePrefix }: Pick<PipelineStore, 'loosePrefix'>,
  ): Promise<ObjectServer> {
    // Connections stay as long as a process is busy between two requests.
    const server = createServer({ keepAlive: true, keepAliveTimeout: 120_000 });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const [accessKey, secretKey] = [randomUUID(), randomUUID()];
    return new ObjectServer(server, objects, {
      ...{ endpoint, region: 'us-east-1', bucket: 'images', accessKey, secretKey, loosePrefix },
      shards: [],
    });
  }

  requests(): Requests {
    return { ...this.#counts };
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname, searchParams: query } = new URL(request.url ?? '/', 'http://localhost');
    const body = await bodyOf(request);
    const [, bucket = '', ...rest] = decodeURIComponent(pathname).split('/');
    const key = rest.join('/');
    const answer = (status: number, data: string | Uint8Array = '', headers: Record<string, string> = {}) => {
      response.writeHead(status, { 'content-length': String(Buffer.byteLength(data)), ...headers });
      response.end(request.method === 'HEAD' ? undefined : data);
    };
    if (!(request.headers.authorization ?? '').includes(`Credential=${this.store.accessKey}/`)) {
      return answer(403, errorXml('AccessDenied', 'The access key is not that of this server.'));
    }
    if (bucket !== this.store.bucket) return answer(404, errorXml('NoSuchBucket', 'There is one bucket.'));
    switch (request.method) {
      case 'HEAD':
      case 'GET':
        if (key === '') return answer(200, this.#bucket(request.method, query));
        return this.#get(request, key, answer);
      case 'PUT':
        this.#counts.puts += 1;
        return answer(200, '', { etag: this.#put(key, query, body) });
      case 'POST':
        this.#counts.puts += 1;
        if (query.has('delete')) return answer(200, this.#deleteAll(body));
        return answer(200, this.#upload(key, query));
      case 'DELETE':
        if (!this.#uploads.delete(query.get('uploadId') ?? '')) this.#objects.delete(key);
        return answer(204);
      default:
        return answer(405, errorXml('MethodNotAllowed', 'The server does not know this request.'));
    }
  }

  /** Of the bucket itself: whether it is there, and what is in it. S3 bills a listing as it does a PUT. */
  #bucket(method: string, query: URLSearchParams): string {
    if (method === 'HEAD') {
      this.#counts.gets += 1;
      return '';
    }
    this.#counts.puts += 1;
    return listingXml(this.store.bucket, query, objectsUnder(this.#objects, query.get('prefix') ?? ''));
  }

  async #get({ method, headers }: IncomingMessage, key: string, answer: Answer): Promise<void> {
    this.#counts.gets += 1;
    const object = this.#objects.get(key);
    if (object === undefined) return answer(404, errorXml('NoSuchKey', 'There is no such object.'));
    const facts = {
      etag: etagOf(object.size),
      'last-modified': new Date(0).toUTCString(),
      'accept-ranges': 'bytes',
      'content-type': 'application/octet-stream',
    };
    if (method === 'HEAD') return answer(200, '', { ...facts, 'content-length': String(object.size) });
    const data = await object.read();
    const range = rangeOf(headers.range, object.size);
    const wanted = range === null ? data : data.subarray(range.first, range.last + 1);
    this.#counts.bytesRead += wanted.length;
    if (range !== null) {
      const { first, last } = range;
      return answer(206, wanted, { ...facts, 'content-range': `bytes ${first}-${last}/${object.size}` });
    }
    const asks = headers['x-amz-checksum-mode'] !== undefined;
    answer(200, wanted, asks ? { ...facts, 'x-amz-checksum-crc32': this.#checksumOf(object, data) } : facts);
  }

  #checksumOf(object: StoredObject, data: Uint8Array): string {
    const known = this.#checksums.get(object);
    if (known !== undefined) return known;
    const sum = Buffer.alloc(4);
    sum.writeUInt32BE(crc32(data));
    const text = sum.toString('base64');
    this.#checksums.set(object, text);
    return text;
  }

  #put(key: string, query: URLSearchParams, body: Uint8Array): string {
    const parts = this.#uploads.get(query.get('uploadId') ?? '');
    if (parts === undefined) this.#objects.set(key, { size: body.length, read: () => body });
    else parts[Number(query.get('partNumber')) % (PARTS + 1)] = body;
    return etagOf(body.length);
  }

  /** Of one in parts: its begin, or its end. */
  #upload(key: string, query: URLSearchParams): string {
    if (query.has('uploads')) {
      const id = randomUUID();
      this.#uploads.set(id, []);
      return `<InitiateMultipartUploadResult><Key>${escapeXml(key)}</Key><UploadId>${id}</UploadId></InitiateMultipartUploadResult>`;
    }
    const id = query.get('uploadId') ?? '';
    const data = Buffer.concat((this.#uploads.get(id) ?? []).filter((part) => part !== undefined));
    this.#uploads.delete(id);
    const object = { size: data.length, read: () => data };
    this.#objects.set(key, object);
    return `<CompleteMultipartUploadResult><Key>${escapeXml(key)}</Key><ETag>${escapeXml(etagOf(object.size))}</ETag></CompleteMultipartUploadResult>`;
  }

  #deleteAll(body: Uint8Array): string {
    for (const [, key = ''] of Buffer.from(body)
      .toString()
      .matchAll(/<Key>([^<]*)<\/Key>/g)) {
      this.#objects.delete(unescapeXml(key));
    }
    return '<DeleteResult></DeleteResult>';
  }
}

type Answer = (status: number, data?: string | Uint8Array, headers?: Record<string, string>) => void;

async function bodyOf(request: IncomingMessage): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of request) chunks.push(chunk);
  const body = Buffer.concat(chunks);
  const isChunked = (request.headers['content-encoding'] ?? '').includes('aws-chunked');
  return isChunked ? decodeAwsChunks(body) : body;
}

/** Null where all of it is asked for. */
function rangeOf(header: string | undefined, size: number): { first: number; last: number } | null {
  const [, from = '', to = ''] = /^bytes=(\d*)-(\d*)$/.exec(header ?? '') ?? [];
  if (from === '' && to === '') return null;
  if (from === '') return { first: Math.max(size - Number(to), 0), last: size - 1 };
  return { first: Number(from), last: Math.min(to === '' ? size - 1 : Number(to), size - 1) };
}

function errorXml(code: string, message: string): string {
  return `<?xml version="1.0" encoding="UTF-8"?><Error><Code>${code}</Code><Message>${message}</Message></Error>`;
}
