import type { Network } from '../workloads/cnn/params.ts';
import type { Held } from './expect-room.ts';

const MIB = 1024 * 1024;
/**
 * What a process takes while a shard learns (docs/cnn.md): ONNX Runtime with its sessions and the images of a step, and so many times the
 * values: as text and as numbers, before and after a step, with the speeds of momentum.
 */
const RUNTIME_BYTES: Readonly<Record<Network, number>> = { small: 96 * MIB, resnet18: 256 * MIB };
const COPIES = 12;

/** What workers of a run of `cnn` hold. @param values of the network, as float32 */
export function heldOfCnn(values: number, network: Network): Held {
  const own = {
    shared: 0,
    perBatch: RUNTIME_BYTES[network] + COPIES * 4 * values,
    less: () => 'take a smaller `network`',
  };
  return {
    what: `a network of ${values.toLocaleString('en-US')} values`,
    node: { native: own, portable: own },
    python: own,
    keeps: true,
    isPerCore: true,
  };
}
