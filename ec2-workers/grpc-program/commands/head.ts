import { ObjectWriter } from '../../../src/aws/object-writer.ts';
import { FanfleetError } from '../../../src/errors.ts';
import { type HeadOptions, startHead } from '../../../src/grpc/head/server.ts';
import { splitUri } from '../../../src/grpc/head-location.ts';
import type { SeenBatch } from '../../../src/grpc/scheduler/scheduler.ts';
import {
  bootStartedAt,
  endpoint,
  given,
  published,
  region,
  requests,
  say,
  secret,
  signalled,
  values,
} from '../program.ts';

export async function head(): Promise<void> {
  const { bucket, key } = published();
  const scaling = await headScaling();
  const running = await startHead({
    address: given('address'),
    port: Number(values.port),
    secret: secret(),
    now: Date.now,
    keepSeen,
    ...(scaling && { scaling }),
  });
  await new ObjectWriter(requests, bucket).putJson(key, running.location);
  // For whoever has started it: clusters/grpc.py.
  process.stdout.write(`head is at ${JSON.stringify(running.location)}\n`);
  say(`head listens at ${running.location.url}`);
  await signalled();
  await running.service.drain();
  await running.stop();
}

/** Only times depend on it: no reason to fail. */
async function keepSeen(out: string, seen: Iterable<SeenBatch>): Promise<void> {
  const { bucket, key } = splitUri(out);
  const lines = Array.from(seen, (batch) => `${JSON.stringify(batch)}\n`);
  await new ObjectWriter(requests, bucket)
    .put(`${key}leases.jsonl`, lines.join(''), 'application/x-ndjson')
    .catch((reason) =>
      say(`when batches were seen is not told: ${FanfleetError.from(reason, 'aws').message}`),
    );
}

async function headScaling(): Promise<HeadOptions['scaling']> {
  if (values.scale === undefined) return undefined;
  // Loaded for it alone: the SDK takes longer to load than all else.
  const [{ EC2Client, fleetScaling }, { sdkStore }] = await Promise.all([
    import('../../../src/grpc/head/fleet-scaling.ts'),
    import('../../../src/grpc/sdk-store.ts'),
  ]);
  const { bucket, key } = splitUri(values.scale);
  const scaling = await fleetScaling({
    ec2: new EC2Client({}),
    store: sdkStore(bucket, { region, endpoint }),
    requestKey: key,
    round: Number(values.round),
    subnetIds: values.subnets.split(','),
    bootStartedAt: bootStartedAt() ?? Date.now(),
    now: Date.now,
  });
  return {
    ...scaling,
    onError: (reason) => say(`no more workers: ${FanfleetError.from(reason, 'aws').message}`),
  };
}
