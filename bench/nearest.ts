/**
 * The exact nearest neighbours beside scikit-learn and faiss: one core, one thread each, all with the same generated images.
 *
 * node bench/nearest.ts                    60,000 training images, 10,000 queries, 5 nearest
 * node bench/nearest.ts --queries 1000     less
 * node bench/nearest.ts --contender fanfleet --markdown FILE
 */
import { argv } from 'node:process';
import { parseArgs } from 'node:util';
import { prepareNearest } from '../src/kernel/nearest.ts';
import type { Contender } from './contender.ts';
import { inPython } from './contenders.ts';
import { slowDistances, wrongQueries } from './nearest-agreement.ts';
import { LENGTH, type NearestProblem, nearestProblem, writeProblem } from './nearest-images.ts';
import { openblasCore } from './openblas.ts';
import { benchBesidePeers, PEER_OPTIONS } from './peer-bench.ts';
import { installNearestPeers } from './tools.ts';

/** Queries of which the reference itself is looked at, one vector after the other. */
const LOOKED_AT = 10;

const { values } = parseArgs({
  args: argv.slice(2),
  options: {
    ...PEER_OPTIONS,
    training: { type: 'string', default: '60000' },
    queries: { type: 'string', default: '10000' },
    k: { type: 'string', default: '5' },
  },
});
const { training, queries, k } = {
  training: Number(values.training),
  queries: Number(values.queries),
  k: Number(values.k),
};
const problem = nearestProblem({ training, queries, k }, Number(values.seed));
await benchBesidePeers(
  {
    task: 'nearest',
    title: `${training} training images and ${queries} queries of 28x28, k = ${k}`,
    words: { unit: 'query', wrong: (count) => `${count} queries with others` },
    peers: peersIn({ python: await installNearestPeers() }),
    write: (folder) => writeProblem(folder, problem),
    exact: async () => {
      const exact = await exactDistances(problem);
      return (found) => wrongQueries(problem, exact, found);
    },
  },
  values,
);

function peersIn(peers: { python: string }): Contender[] {
  return [
    ...['float32', 'float64', 'uint8'].map((type) =>
      inPython(peers, `scikit-learn brute, ${type}`, 'tuned', 'nearest_peers', type),
    ),
    inPython(peers, 'faiss IndexFlatL2', 'first', 'nearest_peers', 'faiss'),
    ...faissAtItsBest(peers),
  ];
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
