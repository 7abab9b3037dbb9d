import { spawn } from 'node:child_process';
import { Server } from 'node:net';
import { FanfleetError } from '../../shared.ts';
import { namespacePath } from './commands.ts';

/**
 * Listen on an address inside a network namespace. A child goes there, listens, hands the socket over and ends: a socket
 * belongs to the namespace that it was made in, wherever it is used. So no program has to stay there, and connections
 * show the addresses that they come from.
 *
 * @throws FanfleetError `NOT_LISTENING`
 */
export function listenInNamespace(namespace: string, address: string, port: number): Promise<Server> {
  const program = new URL('listen-and-hand-over.ts', import.meta.url).pathname;
  return new Promise((resolve, reject) => {
    const child = spawn(
      'nsenter',
      [`--net=${namespacePath(namespace)}`, process.execPath, program, address, String(port)],
      { stdio: ['ignore', 'ignore', 'pipe', 'ipc'] },
    );
    let said = '';
    let server: Server | undefined;
    child.stderr?.on('data', (chunk: Buffer) => {
      said += chunk;
    });
    child.once('error', (cause) => reject(notListening(cause.message)));
    child.once('message', (_message, handle) => {
      if (handle instanceof Server) server = handle;
    });
    // Only then is this the only holder of the socket.
    child.once('close', () => (server === undefined ? reject(notListening(said.trim())) : resolve(server)));

    function notListening(why: string): FanfleetError {
      const message = `Expected to listen on ${address}:${port} in ${namespace} but: ${why}`;
      return new FanfleetError('NOT_LISTENING', message, { source: 'internal' });
    }
  });
}
