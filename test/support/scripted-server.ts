import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';

/** What the server does with one request: writes to the socket, ends it, or nothing. */
export type Step = (socket: Socket) => void;

export type ScriptedServer = {
  readonly port: number;
  /** The head of each request, in the order in which they came, and on which connection. */
  readonly requests: { readonly head: string; readonly connection: number }[];
  /** How many connections are open. */
  readonly open: () => number;
  readonly stop: () => Promise<void>;
};

/** A server on 127.0.0.1 that answers the first request by the first step, and so on; the last step goes on for ever. */
export async function startScriptedServer(
  steps: readonly Step[],
  certificate?: { readonly key: string; readonly cert: string },
): Promise<ScriptedServer> {
  const requests: { head: string; connection: number }[] = [];
  const sockets = new Set<Socket>();
  let connections = 0;
  const serve = (socket: Socket) => {
    const connection = connections;
    connections += 1;
    sockets.add(socket);
    let text = '';
    socket
      .on('data', (bytes) => {
        text += bytes.toString('latin1');
        for (let end = text.indexOf('\r\n\r\n'); end >= 0; end = text.indexOf('\r\n\r\n')) {
          const step = steps[Math.min(requests.length, steps.length - 1)];
          requests.push({ head: text.slice(0, end), connection });
          text = text.slice(end + 4);
          step?.(socket);
        }
      })
      .on('error', () => socket.destroy())
      .on('close', () => sockets.delete(socket));
  };
  const server: Server = certificate ? createTlsServer(certificate, serve) : createServer(serve);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    requests,
    open: () => sockets.size,
    stop: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

/** Answer with this status, these headers (a Content-Length is added) and this body. */
export function respond(status: number, headers: Record<string, string>, body: Buffer | string = ''): Step {
  const fields = Object.entries({ 'Content-Length': String(Buffer.byteLength(body)), ...headers });
  const head = `HTTP/1.1 ${status} Status\r\n${fields.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n`;
  return (socket) => socket.write(Buffer.concat([Buffer.from(head), Buffer.from(body)]));
}

/** Refuse as S3 does: XML, in chunks. */
export function refuse(status: number, code: string, headers: Record<string, string> = {}): Step {
  const xml = `<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>${code}</Code><Message>No.</Message></Error>`;
  const fields = { 'Transfer-Encoding': 'chunked', ...headers };
  const lines = Object.entries(fields).map(([name, value]) => `${name}: ${value}\r\n`);
  const chunk = `${Buffer.byteLength(xml).toString(16)}\r\n${xml}\r\n0\r\n\r\n`;
  return (socket) => socket.write(`HTTP/1.1 ${status} Status\r\n${lines.join('')}\r\n${chunk}`);
}
