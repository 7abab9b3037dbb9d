import { LAMBDA_LIMITS } from '../aws/limits.ts';
import { FanfleetError } from '../errors.ts';
import { findPrices } from '../prices/prices.ts';
import { HOST_MIB, LEAST_IMAGE_MIB, PROCESS_MIB } from '../run/image-memory.ts';
import type { Run } from '../run/run.ts';

const MIB = 1024 * 1024;
/** Of the memory of a function or a host, what batches are kept in from stage to stage: src/worker/stage-memory.ts. */
const KEPT_PART = 1 / 4;
/** What engines in Python leave free of a host beside batches that are kept: ec2-workers/fanfleet/kept_batches.py. */
const LEFT_FREE = 1 / 4;

export type Workers = Pick<Run, 'arms' | 'memory' | 'instanceTypes' | 'engine' | 'kernel'>;

/** Bytes that a process has in memory beside its program and an image. */
export interface ProcessBytes {
  /** However many batches it does at once; and for each of them. */
  readonly shared: number;
  readonly perBatch: number;
  /** For each thread of the portable kernel, which has as many as its function or host has vCPUs. @default 0 */
  readonly perThread?: number;
  /** What to do where there is no more memory. @param room bytes that there are for `perBatch` */
  readonly less: (room: number) => string;
}

/** What a workload has workers hold. */
export interface Held {
  /** As errors name it, e.g. `a training set of 789 MiB`. */
  readonly what: string;
  /** Of a process of Node, which a function is, and a host of `grpc`, by its kernel; and of one of Python. */
  readonly node: Readonly<Record<'native' | 'portable', ProcessBytes>>;
  readonly python: ProcessBytes;
  /** Whether batches are kept in memory, too. */
  readonly keeps: boolean;
  /** Whether a function has `perBatch` for each of its cores, and not once. @default false */
  readonly isPerCore?: boolean;
}

/**
 * Refuse what every worker holds where functions or hosts are too small for it: a process of Node has it in a function and on a
 * host of `grpc`, which does a batch for each vCPU, and on hosts of the other engines one of Python for each vCPU.
 *
 * @throws FanfleetError `INVALID_INPUT` with the least memory that would do
 */
export function expectRoom(held: Held, { arms, memory, instanceTypes, engine, kernel }: Workers): void {
  const inNode = held.node[kernel === 'portable' ? 'portable' : 'native'];
  if (arms.includes('serverless')) expectRoomInFunctions(held, inNode, memory);
  if (!arms.includes('fleet')) return;
  for (const type of instanceTypes) {
    const host = findPrices('us-east-1')?.instances[type];
    // Of a type that no price list has nothing is known.
    if (host === undefined) continue;
    const isNode = engine === 'grpc';
    expectRoomOnHost(held, isNode ? inNode : held.python, { ...host, type, isNode });
  }
}

function expectRoomInFunctions(
  { what, keeps, isPerCore = false }: Held,
  own: ProcessBytes,
  memory: number,
): void {
  const part = keeps ? 1 - KEPT_PART : 1;
  const fixedWith = (mb: number) =>
    PROCESS_MIB + LEAST_IMAGE_MIB + (own.shared + threadsOf(mb) * (own.perThread ?? 0)) / MIB;
  const timesWith = (mb: number) => (isPerCore ? coresOf(mb) : 1);
  const neededWith = (mb: number) => Math.ceil((fixedWith(mb) + (timesWith(mb) * own.perBatch) / MIB) / part);
  if (memory >= neededWith(memory)) return;
  // More memory comes with more threads, and cores.
  let needed = neededWith(memory);
  while (neededWith(needed) > needed && needed <= LAMBDA_LIMITS.mostMemoryMb) needed = neededWith(needed);
  const fewer = own.less(((memory * part - fixedWith(memory)) * MIB) / timesWith(memory));
  const way =
    needed > LAMBDA_LIMITS.mostMemoryMb
      ? `functions have at most ${LAMBDA_LIMITS.mostMemoryMb} MB, so ${fewer}`
      : `give them \`memory\` ${needed}, or ${fewer}`;
  throw tooSmall(what, `functions of at least ${needed} MB`, `they have ${memory} MB`, way);
}

/** Of the portable kernel in a function: it sees two vCPUs however small it is. */
function threadsOf(memory: number): number {
  const { memoryPerVcpuMb, mostVcpus } = LAMBDA_LIMITS;
  return Math.min(mostVcpus, Math.max(2, Math.ceil(memory / memoryPerVcpuMb)));
}

/** That a function works with: `workerLimits` of functions/process.ts. */
function coresOf(memory: number): number {
  return Math.max(1, Math.round(memory / LAMBDA_LIMITS.memoryPerVcpuMb));
}

interface Host {
  readonly type: string;
  readonly vcpus: number;
  readonly memoryGib: number;
  readonly isNode: boolean;
}

function expectRoomOnHost({ what, keeps }: Held, own: ProcessBytes, host: Host): void {
  const { type, vcpus, memoryGib, isNode } = host;
  const processes = isNode ? 1 : vcpus;
  const batch = (vcpus * own.perBatch) / MIB;
  const threads = (vcpus * (own.perThread ?? 0)) / MIB;
  const fixed = HOST_MIB + threads + processes * (PROCESS_MIB + LEAST_IMAGE_MIB + own.shared / MIB);
  // Node leaves a part of the memory to batches that are kept; Python lets them take all but a part, which the others need.
  const bounds = !keeps
    ? [{ fixed, part: 1 }]
    : isNode
      ? [{ fixed, part: 1 - KEPT_PART }]
      : [
          { fixed, part: 1 },
          { fixed: processes * LEAST_IMAGE_MIB, part: LEFT_FREE },
        ];
  const needed = Math.ceil(Math.max(...bounds.map((bound) => (bound.fixed + batch) / bound.part)));
  const mib = memoryGib * 1024;
  if (mib >= needed) return;
  const room = Math.min(...bounds.map((bound) => mib * bound.part - bound.fixed)) / vcpus;
  const gib = Math.ceil((10 * needed) / 1024) / 10;
  const since = own.perBatch > 0 ? batchesText(vcpus) : holdersText(processes);
  throw tooSmall(
    what,
    `hosts of at least ${gib} GiB, since ${since},`,
    `${type} has ${memoryGib} GiB`,
    `take a larger \`instanceType\`, or ${own.less(room * MIB)}`,
  );
}

function holdersText(processes: number): string {
  return processes === 1 ? '1 process holds it' : `${processes} processes hold it`;
}

function batchesText(vcpus: number): string {
  return vcpus === 1 ? 'they do 1 batch at once' : `they do ${vcpus} batches at once`;
}

function tooSmall(what: string, expected: string, found: string, way: string): FanfleetError {
  const message = `Expected ${expected} for ${what} but ${found}: ${way}.`;
  return new FanfleetError('INVALID_INPUT', message, { source: 'user' });
}
