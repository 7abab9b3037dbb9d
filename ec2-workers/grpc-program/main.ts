/**
 * The program of the gRPC fleet, as engines and clusters of ec2-workers/ start it:
 *
 *     head   --head URI --address IP [--port N]     be the head, and say so at URI
 *            [--scale URI --round N --subnets IDS]  and start more workers, as the request.json at URI says
 *     worker --head URI --address IP --worker ID [--slots N]   do batches for the head, N at once
 *     run    --head URI                             have job after job on standard input done, and print `done` for each
 *     local                                         do them here, in one thread
 *
 * URI is the s3:// address of `head.json`. The secret of the fleet is in FANFLEET_GRPC_SECRET, and the region and an
 * offline AWS are in AWS_REGION, AWS_ENDPOINT_URL and AWS_ENDPOINT_URL_EC2. FANFLEET_BOOT_STARTED_AT is the boot of this
 * host, in epoch milliseconds.
 */

import { FanfleetError } from '../../src/errors.ts';
import { positionals } from './program.ts';

/** Each loads what it needs itself: none waits for what another one has. */
const commands: Readonly<Record<string, () => Promise<() => Promise<void>>>> = {
  head: async () => (await import('./commands/head.ts')).head,
  worker: async () => (await import('./commands/worker.ts')).worker,
  run: async () => (await import('./commands/run.ts')).run,
  local: async () => (await import('./commands/local.ts')).local,
};

try {
  const load = Object.entries(commands).find(([name]) => name === positionals[0])?.[1];
  if (load === undefined) {
    const message = `Expected one of ${Object.keys(commands).join(', ')} but received ${positionals[0]}.`;
    throw new FanfleetError('USAGE', message, { source: 'user' });
  }
  const command = await load();
  await command();
  // Kept connections to S3 are no reason to stay.
  process.exit(0);
} catch (reason) {
  const error = FanfleetError.from(reason);
  process.stderr.write(
    `[fanfleet] ${error.source === 'internal' ? (error.stack ?? error.message) : error.message}\n`,
  );
  process.exit(1);
}
