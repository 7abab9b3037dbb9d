import { join } from 'node:path';
import { execPath } from 'node:process';
import type { Contender, ContenderKind } from './contender.ts';
import { BENCH, ROOT } from './places.ts';

/** Where the programs of the contenders are. */
export type Programs = {
  /** Of the peers' environment. */
  readonly python: string;
  /** The decoder alone. */
  readonly bound: string;
};

/** Of the fleet's hosts. */
export const FLEET_PYTHON = join(ROOT, '.venv/bin/python');

/** The decoder and nothing else, from memory: what a JPEG costs at least. */
export function bound({ bound }: Programs): Contender {
  return {
    name: 'libjpeg-turbo, decoding only',
    kind: 'bound',
    command: ({ folder, threads }) => [bound, folder, String(threads)],
  };
}

/** A contender in TypeScript: `bench/contenders/<module>.ts`. */
export function inNode(name: string, kind: ContenderKind, module: string, variant: string): Contender {
  const script = join(BENCH, 'contenders', `${module}.ts`);
  return { name, kind, command: (job) => [execPath, script, variant, JSON.stringify(job)] };
}

/** A contender in Python: `bench/contenders/<module>.py`. */
export function inPython(
  { python }: Pick<Programs, 'python'>,
  name: string,
  kind: ContenderKind,
  module: string,
  variant: string,
): Contender {
  return {
    name,
    kind,
    command: (job) => [python, '-m', 'contenders.serve', module, variant, JSON.stringify(job)],
    // Threads of theirs beside ours would only be in each other's way.
    env: { PYTHONPATH: BENCH, OMP_NUM_THREADS: '1', PYTHONWARNINGS: 'ignore' },
  };
}

export const nativeKernel = inNode('fanfleet, native kernel', 'fanfleet', 'kernel', 'native');
export const portableKernel = inNode('fanfleet, portable kernel', 'fanfleet', 'kernel', 'portable');
export const nativePythonKernel = inFleetPython('fanfleet, native kernel in Python', 'native');
export const pillowKernel = inFleetPython('fanfleet, Pillow kernel', 'portable');

/** In the environment of the fleet's hosts. */
function inFleetPython(name: string, variant: string): Contender {
  return inPython({ python: FLEET_PYTHON }, name, 'fanfleet', 'fleet_kernel', variant);
}
