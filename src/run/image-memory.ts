import { invalidInput, problemOf } from '../invalid-input.ts';
import { findPrices } from '../prices/prices.ts';

/** Of each process that does images: its program and its libraries. */
export const PROCESS_MIB = 128;
/** Of a host: its system, and the processes of the engine. */
export const HOST_MIB = 1024;
/** The rest of a worker's memory holds what was fetched and what is not yet written, and is never allocated to the last byte. */
const SHARE_OF_IMAGE = 3 / 4;
/** The least that is promised: a host that is too small for its engine fails by other things than images. */
export const LEAST_IMAGE_MIB = 64;

/** The least memory per vCPU of current families, for types that no price list has. */
const LEAST_GIB_PER_VCPU = 2;
const UNKNOWN_TYPE = { vcpus: 2, memoryGib: 2 * LEAST_GIB_PER_VCPU };

/** Most MiB that one image may take in a function of so many MB. */
export function imageMemoryOfFunction(memoryMb: number): number {
  return share(memoryMb);
}

/** The same of a host of this type, which does one image for each vCPU at once. */
export function imageMemoryOfHost(instanceType: string): number {
  const { vcpus, memoryGib } = findPrices('us-east-1')?.instances[instanceType] ?? UNKNOWN_TYPE;
  return share((memoryGib * 1024 - HOST_MIB) / vcpus);
}

function share(mib: number): number {
  return Math.max(LEAST_IMAGE_MIB, Math.floor((mib - PROCESS_MIB) * SHARE_OF_IMAGE));
}

/**
 * Most MiB that one image may take in a run: one number for both arms, since they must refuse the same images. It is
 * what every worker has, or less where less is asked for.
 *
 * @param workers the MB of a function, null without them, and the types of the hosts
 * @throws FanfleetError `INVALID_INPUT` if more is asked for than workers have
 */
export function resolveImageMemory(
  asked: number | undefined,
  { memory, instanceTypes }: { readonly memory: number | null; readonly instanceTypes: readonly string[] },
): number {
  const functions = memory === null ? [] : [imageMemoryOfFunction(memory)];
  const most = Math.min(...functions, ...instanceTypes.map(imageMemoryOfHost));
  if (asked === undefined || asked <= most) return asked ?? most;
  const expected = `at most ${most}, since workers have no more (\`memory\`, \`instanceType\`),`;
  throw invalidInput('The execution input', [problemOf(expected, 'imageMemory', asked)]);
}
