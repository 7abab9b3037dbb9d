import { LAMBDA_LIMITS } from '../aws/limits.ts';
import { FanfleetError } from '../errors.ts';
import { findPrices } from '../prices/prices.ts';
import { HOST_MIB, LEAST_IMAGE_MIB, PROCESS_MIB } from '../run/image-memory.ts';
import type { Run } from '../run/run.ts';

const MIB = 1024 * 1024;
/** The file, and what a kernel makes of it (docs/knn.md); the portable one of Node once more, for its thread. */
const COPIES = { native: 2, portable: 3 } as const;

export type Workers = Pick<Run, 'arms' | 'memory' | 'instanceTypes' | 'engine' | 'kernel'>;

/**
 * Refuse a file that every worker holds where functions or hosts are too small for it: a process of Node has it in a function and on a
 * host of `grpc`, and on hosts of the other engines one of Python for each vCPU.
 *
 * @param bytes of the file
 * @throws FanfleetError `INVALID_INPUT` with the least memory that would do
 */
export function expectRoom(bytes: number, { arms, memory, instanceTypes, engine, kernel }: Workers): void {
  const ofSet = (bytes * COPIES[kernel === 'portable' ? 'portable' : 'native']) / MIB;
  const ofProcess = PROCESS_MIB + LEAST_IMAGE_MIB + ofSet;
  const needed = Math.ceil(ofProcess);
  if (arms.includes('serverless') && memory < needed) {
    const way =
      needed > LAMBDA_LIMITS.mostMemoryMb
        ? `functions have at most ${LAMBDA_LIMITS.mostMemoryMb} MB, so learn from fewer or smaller images`
        : `give them \`memory\` ${needed}, or learn from fewer or smaller images`;
    throw tooSmall(bytes, `functions of at least ${needed} MB`, `they have ${memory} MB`, way);
  }
  if (!arms.includes('fleet')) return;
  for (const type of instanceTypes) {
    const host = findPrices('us-east-1')?.instances[type];
    // Of a type that no price list has nothing is known.
    if (host === undefined) continue;
    const processes = engine === 'grpc' ? 1 : host.vcpus;
    const neededMib = Math.ceil(HOST_MIB + processes * ofProcess);
    if (host.memoryGib * 1024 >= neededMib) continue;
    const gib = Math.ceil((10 * neededMib) / 1024) / 10;
    throw tooSmall(
      bytes,
      `hosts of at least ${gib} GiB, since ${processes} ${processes === 1 ? 'process holds' : 'processes hold'} it,`,
      `${type} has ${host.memoryGib} GiB`,
      'take a larger `instanceType`, or learn from fewer or smaller images',
    );
  }
}

function tooSmall(bytes: number, expected: string, found: string, way: string): FanfleetError {
  const message = `Expected ${expected} for a training set of ${Math.ceil(bytes / MIB)} MiB but ${found}: ${way}.`;
  return new FanfleetError('INVALID_INPUT', message, { source: 'user' });
}
