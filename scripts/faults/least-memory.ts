import type { Scene } from './fault.ts';

const FIRST_MIB = 64;
const STEP = 1.1;
const MOST_MIB = 16_384;

/**
 * Give a host the least memory that its kernel agrees to: what it uses now and cannot give back. A limit below that is
 * refused.
 *
 * @returns MiB
 */
export async function leastMemory(control: Scene['control'], instanceId: string): Promise<number> {
  let refused: unknown;
  for (let mib = FIRST_MIB; mib < MOST_MIB; mib = Math.ceil(mib * STEP)) {
    try {
      await control.memory(instanceId, mib);
      return mib;
    } catch (reason) {
      refused = reason;
    }
  }
  throw new Error(`Expected a limit of memory to be accepted for ${instanceId}.`, { cause: refused });
}
