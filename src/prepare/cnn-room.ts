import type { Network } from '../workloads/cnn/params.ts';
import type { Held } from './expect-room.ts';

const MIB = 1024 * 1024;
/**
 * What a process takes while a shard learns (docs/cnn.md#memory): ONNX Runtime with its sessions; for each pixel of an image what a step of 32
 * keeps of its layers; and so many times the values: as text and as numbers, before and after a step, with the speeds of momentum.
 */
const RUNTIME_BYTES: Readonly<Record<Network, number>> = { small: 72 * MIB, resnet18: 288 * MIB };
const PIXEL_BYTES: Readonly<Record<Network, number>> = { small: 0.11 * MIB, resnet18: 1.1 * MIB };
const COPIES = 12;

/**
 * What workers of a run of `cnn` hold. A function has one shard at a time, on one core.
 *
 * @param values of the network, as float32
 * @param side of an image, in pixels
 */
export function heldOfCnn(values: number, network: Network, side: number): Held {
  const own = {
    shared: 0,
    perBatch: Math.ceil(RUNTIME_BYTES[network] + side * side * PIXEL_BYTES[network] + COPIES * 4 * values),
    less: () => 'take a smaller `network`, or smaller images',
  };
  return {
    what: `a network of ${values.toLocaleString('en-US')} values for images of ${side} x ${side}`,
    node: { native: own, portable: own },
    python: own,
    keeps: true,
  };
}
