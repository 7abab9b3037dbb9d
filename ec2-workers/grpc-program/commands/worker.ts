import { fetchPackages } from '../../../src/grpc/worker/fetched-packages.ts';
import { hostLimits } from '../../../src/grpc/worker/host-limits.ts';
import { runWorker } from '../../../src/grpc/worker/worker.ts';
import { kernelChooser } from '../../../src/kernel/choose-kernel.ts';
import { addonPath } from '../../../src/kernel/native-addon.ts';
import { bringSharpBy } from '../../../src/kernel/sharp-source.ts';
import { ownBatchWork } from '../own-batch-work.ts';
import {
  bootStartedAt,
  given,
  locate,
  memory,
  now,
  PATIENCE_MS,
  published,
  ROOT,
  requests,
  say,
  secret,
  signalled,
  values,
} from '../program.ts';

export async function worker(): Promise<void> {
  const slots = Number(values.slots);
  const kernelFor = kernelChooser(addonPath(ROOT));
  const bring = (name: 'sharp' | 'onnxruntime') =>
    fetchPackages(name, import.meta.dirname, requests, published().bucket);
  bringSharpBy(() => bring('sharp'));
  // Before there is a job: one that asks for the portable kernel waits for that.
  const kernel = await kernelFor('auto');
  const booted = bootStartedAt();
  const leave = new AbortController();
  void signalled().then(() => leave.abort());
  await runWorker({
    locate,
    secret: secret(),
    identity: {
      worker: given('worker'),
      address: given('address'),
      kernel: kernel.name,
      version: process.versions.node,
      ...(booted !== undefined && { bootSeconds: (Date.now() - booted) / 1000 }),
    },
    slots,
    work: ownBatchWork(kernelFor, given('worker'), hostLimits(memory(), slots), () => bring('onnxruntime')),
    now,
    leave: leave.signal,
    patienceMs: PATIENCE_MS,
    onJoined: () => say('joined'),
    onLost: (reason) => say(`no connection to the head: ${reason.message}`),
  });
  say('left');
}
