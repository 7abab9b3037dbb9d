import { type Instance, TerminateInstancesCommand } from '@aws-sdk/client-ec2';
import type { Engine } from '../../src/contract/engines.ts';
import type { Fault, Scene } from './fault.ts';
import { leastMemory } from './least-memory.ts';

/** Cores of each worker while it works. */
export const WORKER_CPUS = 0.5;

/** The processes of an engine that do batches, by their command lines on a worker. */
const BATCH_PROCESS: Readonly<Record<Engine, RegExp>> = {
  daft: /^ray::/,
  ray: /^ray::/,
  dask: /^dask worker/,
  spark: /CoarseGrainedExecutorBackend|spark_daemon/,
  grpc: /main\.mjs worker/,
};

/** Everything that a fleet must survive. */
export const FAULTS: readonly Fault[] = [
  {
    name: 'worker-process-killed',
    title: 'worker process killed',
    async strike({ control, engine, victim }) {
      const killed = await control.kill(idOf(victim), BATCH_PROCESS[engine]);
      if (killed.length === 0) throw new Error(`no process of ${engine} does batches on ${idOf(victim)}`);
    },
  },
  {
    name: 'worker-host-killed',
    title: 'worker host killed',
    strike: ({ stack, victim }) => cutPower(stack, victim),
  },
  {
    name: 'worker-host-vanished',
    title: 'worker host vanished',
    // Nobody is told: no FIN, no RST, and the host itself goes on.
    strike: async ({ control, victim }) => void (await control.link(idOf(victim), 'down')),
  },
  {
    name: 'worker-slow',
    title: 'worker slow by 10x',
    strike: async ({ control, victim }) => void (await control.cpus(idOf(victim), WORKER_CPUS / 10)),
  },
  {
    name: 'worker-out-of-memory',
    title: 'worker out of memory',
    // The next page that any of its processes wants is one too many, for the rest of the run.
    strike: async ({ control, victim }) => void (await leastMemory(control, idOf(victim))),
  },
  {
    name: 'worker-never-joins',
    title: 'worker that never joins',
    strikes: 'launch',
    strike: async ({ control, victim }) => void (await control.link(idOf(victim), 'down')),
  },
  {
    name: 'head-killed',
    title: 'head killed, then resumed',
    run: 'fails',
    strike: ({ stack, head }) => cutPower(stack, head),
  },
  {
    name: 's3-unavailable',
    title: 'S3 answers 503 for 10 s',
    strikesAll: true,
    strike: async ({ control }) => void (await control.aws('unavailable', 10)),
  },
  {
    name: 's3-resets',
    title: 'S3 resets connections for 5 s',
    strikesAll: true,
    strike: async ({ control }) => void (await control.aws('reset', 5)),
  },
  {
    name: 'network-10mbit',
    title: 'worker with 10 Mbit/s',
    strike: async ({ control, victim }) => void (await control.bandwidth(idOf(victim), '10mbit')),
  },
  {
    name: 'spot-notice',
    title: 'Spot notice',
    request: { market: 'spot' },
    // Workers look for a notice every two seconds, and there has to be work to leave to the other one.
    heldMs: 4_000,
    victimState: 'LEFT',
    strike: async ({ control, victim }) => void (await control.spotNotice(idOf(victim))),
  },
];

/** What the others are compared with. */
export const UNDISTURBED: Fault = { name: 'none', title: 'undisturbed', strike: async () => undefined };

export function idOf({ InstanceId = '' }: Instance): string {
  return InstanceId;
}

/** The power goes, and the machine's kernel closes its connections. */
async function cutPower({ ec2 }: Scene['stack'], instance: Instance): Promise<void> {
  await ec2.send(new TerminateInstancesCommand({ InstanceIds: [idOf(instance)], SkipOsShutdown: true }));
}
