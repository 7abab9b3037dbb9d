/**
 * The exact nearest neighbours beside scikit-learn and faiss: one core, one thread each, all with the same generated images.
 *
 * node bench/nearest.ts                    60,000 training images, 10,000 queries, 5 nearest
 * node bench/nearest.ts --queries 1000     less
 * node bench/nearest.ts --contender fanfleet --markdown FILE
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { argv, stdout } from 'node:process';
import { parseArgs } from 'node:util';
import { prepareNearest } from '../src/kernel/nearest.ts';
import type { Contender } from './contender.ts';
import { inNode, inPython } from './contenders.ts';
import type { Job } from './job.ts';
import { type Found, slowDistances, wrongQueries } from './nearest-agreement.ts';
import { LENGTH, type NearestProblem, nearestProblem, writeProblem } from './nearest-images.ts';
import { measureBesidePeers, openblasCore } from './peer-rounds.ts';
import { peerTable } from './peer-table.ts';
import { ROOT } from './places.ts';
import { installNearestPeers } from './tools.ts';

/** Queries of which the reference itself is looked at, one vector after the other. */
const LOOKED_AT = 10;

const { values } = parseArgs({
  args: argv.slice(2),
  options: {
    training: { type: 'string', default: '60000' },
    queries: { type: 'string', default: '10000' },
    k: { type: 'string', default: '5' },
    rounds: { type: 'string', default: '5' },
    seed: { type: 'string', default: '1' },
    contender: { type: 'string', default: '' },
    markdown: { type: 'string' },
  },
});
const { training, queries, k, rounds, seed } = {
  training: Number(values.training),
  queries: Number(values.queries),
  k: Number(values.k),
  rounds: Number(values.rounds),
  seed: Number(values.seed),
};

const folder = await mkdtemp(join(tmpdir(), 'fanfleet-nearest-'));
try {
  const problem = nearestProblem({ training, queries, k }, seed);
  await writeProblem(folder, problem);
  const contenders = (await allContenders()).filter(({ name }) => name.includes(values.contender));
  const load = loadavg()[0]?.toFixed(1);
  const exact = await exactDistances(problem);
  const job: Job<'nearest'> = { folder, source: 'memory', task: 'nearest', threads: 1, store: null };
  const wrong = (found: Found) => wrongQueries(problem, exact, found);
  const results = await measureBesidePeers(contenders, job, { rounds, seed, wrong });
  const words = { unit: 'query', wrong: (count: number) => `${count} queries with others` };
  const text =
    `${cpus()[0]?.model}, one core, load ${load} before; ${training} training images and ${queries} queries of ` +
    `28x28, k = ${k}, ${rounds} rounds, seed ${seed}.\n\n${peerTable(results, ['scikit-learn', 'faiss'], words)}`;
  stdout.write(text);
  if (values.markdown !== undefined) await writeFile(values.markdown, text);
} finally {
  await rm(folder, { recursive: true });
}

async function allContenders(): Promise<Contender[]> {
  const peers = { python: await installNearestPeers() };
  const fleet = { python: join(ROOT, '.venv/bin/python') };
  return [
    inNode('fanfleet, native', 'fanfleet', 'nearest', 'native'),
    inNode('fanfleet, WebAssembly', 'fanfleet', 'nearest', 'portable'),
    inPython(fleet, 'fanfleet, native in Python', 'fanfleet', 'nearest_fleet', 'native'),
    inPython(fleet, 'fanfleet, numpy', 'fanfleet', 'nearest_fleet', 'portable'),
    ...['float32', 'float64', 'uint8'].map((type) =>
      inPython(peers, `scikit-learn brute, ${type}`, 'tuned', 'nearest_peers', type),
    ),
    inPython(peers, 'faiss IndexFlatL2', 'first', 'nearest_peers', 'faiss'),
    ...faissAtItsBest(peers),
  ].map((one) => ({ ...one, env: { ...one.env, OPENBLAS_NUM_THREADS: '1' } }));
}

function faissAtItsBest(peers: { python: string }): Contender[] {
  const core = openblasCore();
  if (core === undefined) return [];
  const name = `faiss IndexFlatL2, OPENBLAS_CORETYPE=${core}`;
  const faiss = inPython(peers, name, 'tuned', 'nearest_peers', 'faiss');
  return [{ ...faiss, env: { ...faiss.env, OPENBLAS_CORETYPE: core } }];
}

async function exactDistances(problem: NearestProblem): Promise<number[][]> {
  const found = await (await prepareNearest(problem.training, LENGTH)).find(problem.queries, k);
  const exact = Array.from({ length: queries }, (_, at) => [
    ...found.distances.subarray(at * k, (at + 1) * k),
  ]);
  for (const [at, distances] of exact.slice(0, LOOKED_AT).entries()) {
    const slow = slowDistances(problem, at);
    if (slow.join() !== distances.join())
      throw new Error(`Expected ${slow} of query ${at} but got ${distances}.`);
  }
  return exact;
}
