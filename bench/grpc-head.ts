/**
 * What a batch costs the gRPC head: 100 workers and 10,000 batches that take no time, over TLS on loopback. The head is a
 * process of its own, whose CPU time it is: `node bench/grpc-head.ts`.
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { startHead } from '../src/grpc/head/server.ts';
import type { HeadLocation } from '../src/grpc/head-location.ts';
import { runManyWorkers } from './many-workers.ts';

const [WORKERS, BATCHES] = [100, 10_000];
const secret = 's'.repeat(32);

if (process.send === undefined) {
  const head = fork(import.meta.filename);
  const [location] = (await once(head, 'message')) as [HeadLocation];
  const started = performance.now();
  await runManyWorkers({ location, secret, workers: WORKERS, batches: BATCHES, deaths: 0 });
  const seconds = (performance.now() - started) / 1000;
  head.send('stop');
  const [cpuMs] = (await once(head, 'message')) as [number];
  process.stdout.write(
    `${BATCHES} batches, ${WORKERS} workers: ${seconds.toFixed(1)} s, ${(cpuMs / BATCHES).toFixed(3)} ms of head CPU per batch\n`,
  );
} else {
  const head = await startHead({ address: '127.0.0.1', secret, now: Date.now });
  const before = process.cpuUsage();
  process.send(head.location);
  await once(process, 'message');
  const { user, system } = process.cpuUsage(before);
  process.send((user + system) / 1000);
  await head.stop();
  process.disconnect();
}
