import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { stderr, stdout } from 'node:process';
import type { Contender } from './contender.ts';
import { FLEET_PYTHON, inNode, inPython } from './contenders.ts';
import type { Job } from './job.ts';
import { type PeerWords, peerTable } from './peer-table.ts';
import { measureSideBySide } from './side-by-side.ts';

/** What a contender found: its results, as lists of numbers. */
export type Found = readonly (readonly number[])[];

export type PeerBench = {
  /** Also the module of fanfleet's own contenders, in both languages. */
  readonly task: 'nearest' | 'centres';
  /** The problem in words. */
  readonly title: string;
  readonly words: PeerWords;
  readonly peers: readonly Contender[];
  /** Put the problem where contenders look for it. */
  readonly write: (folder: string) => Promise<void>;
  /** Find the exact answer, and give a function that counts the results that are others. */
  readonly exact: () => Promise<(found: Found) => number>;
};

/** Of every such bench. */
export const PEER_OPTIONS = {
  rounds: { type: 'string', default: '5' },
  seed: { type: 'string', default: '1' },
  contender: { type: 'string', default: '' },
  markdown: { type: 'string' },
} as const;

export type PeerOptions = {
  readonly rounds: string;
  readonly seed: string;
  /** Text that the names of contenders have. */
  readonly contender: string;
  /** File for what is printed. */
  readonly markdown?: string | undefined;
};

/** fanfleet's kernel in its four forms beside scikit-learn and faiss, with one thread on one core each; printed as a table. */
export async function benchBesidePeers(bench: PeerBench, options: PeerOptions): Promise<void> {
  const { task, title, words } = bench;
  const [rounds, seed] = [Number(options.rounds), Number(options.seed)];
  const folder = await mkdtemp(join(tmpdir(), `fanfleet-${task}-`));
  try {
    await bench.write(folder);
    const load = loadavg()[0]?.toFixed(1);
    const wrong = await bench.exact();
    const contenders = [...kernels(task), ...bench.peers]
      .filter(({ name }) => name.includes(options.contender))
      .map((one) => ({ ...one, env: { ...one.env, OPENBLAS_NUM_THREADS: '1' } }));
    const job: Job<string> = { folder, source: 'memory', task, threads: 1, store: null };
    const results = await measureSideBySide(contenders, job, {
      ...{ rounds, seed },
      answerOf: async (contender) => wrong(await contender.rows()),
      onStep: (step) => stderr.write(`${task}: ${step}\n`),
    });
    const text =
      `${cpus()[0]?.model}, one core, load ${load} before; ${title}, ${rounds} rounds, seed ${seed}.\n\n` +
      peerTable(results, ['scikit-learn', 'faiss'], words);
    stdout.write(text);
    if (options.markdown !== undefined) await writeFile(options.markdown, text);
  } finally {
    await rm(folder, { recursive: true });
  }
}

function kernels(task: PeerBench['task']): Contender[] {
  const fleet = { python: FLEET_PYTHON };
  return [
    inNode('fanfleet, native', 'fanfleet', task, 'native'),
    inNode('fanfleet, WebAssembly', 'fanfleet', task, 'portable'),
    inPython(fleet, 'fanfleet, native in Python', 'fanfleet', `${task}_fleet`, 'native'),
    inPython(fleet, 'fanfleet, numpy', 'fanfleet', `${task}_fleet`, 'portable'),
  ];
}
