import { once } from 'node:events';
import { createServer } from 'node:http';
import { type AddressInfo, connect, createServer as createListener, type Socket } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { AwsProxy } from '../../../localstack/ec2/hosts/namespaces/aws-proxy.ts';

/** As which host the proxy sees the calls of this test. */
const HOST = '127.0.0.1';

let done: string[] = [];
const aws = createServer((request, response) => {
  done.push(request.url ?? '');
  request.resume();
  response.end();
});
const listener = createListener();
let proxy: AwsProxy;
let caller: Socket;

beforeAll(async () => {
  for (const server of [aws, listener]) await once(server.listen(0, HOST), 'listening');
});
beforeEach(async () => {
  done = [];
  listener.removeAllListeners('connection');
  const url = new URL(`http://${HOST}:${portOf(aws)}`);
  proxy = new AwsProxy({ aws: url, ec2: url, now: Date.now });
  proxy.attach(listener);
  proxy.hold(HOST, /late/);
  // Once the first one is answered, the proxy has both.
  caller = connect(portOf(listener), HOST).on('error', () => undefined);
  caller.write(put('/early') + put('/late'));
  await once(caller, 'data');
});
afterEach(() => {
  caller.destroy();
  proxy.close();
});
afterAll(() => {
  aws.close();
  listener.close();
});

test('a call that is held is done when it is let go', async () => {
  expect(done).toEqual(['/early']);
  proxy.hold(HOST, null);
  await once(caller, 'data');
  expect(done).toEqual(['/early', '/late']);
});

test.each([
  ['of a host that is gone', () => proxy.forget(HOST)],
  ['when the proxy is closed', () => proxy.close()],
])('a call that is held is never done %s', async (_, end) => {
  end();
  await once(caller, 'close');
  // As long as a call takes that is done.
  await wait(50);
  expect(done).toEqual(['/early']);
});

test('a host with the address of one that is gone has none of its calls held', async () => {
  proxy.forget(HOST);
  const next = connect(portOf(listener), HOST);
  next.write(put('/late'));
  await once(next, 'data');
  expect(done).toEqual(['/early', '/late']);
  next.destroy();
});

function put(path: string): string {
  return `PUT ${path} HTTP/1.1\r\nHost: aws\r\nContent-Length: 1\r\n\r\nx`;
}

function portOf(server: { address(): AddressInfo | string | null }): number {
  return (server.address() as AddressInfo).port;
}
