/**
 * K-Means by the exact nearest of centres beside scikit-learn and faiss: one core, one thread each, all from the same centres.
 *
 * node bench/centres.ts                    1,000,000 vectors of 64 bytes, 10 centres, 10 iterations
 * node bench/centres.ts --count 100000     less
 * node bench/centres.ts --contender fanfleet --markdown FILE
 */
import { argv } from 'node:process';
import { parseArgs } from 'node:util';
import { nearestByFractions, otherLabels } from './centres-agreement.ts';
import { type CentresProblem, centresProblem, writeCentresProblem } from './centres-vectors.ts';
import type { Contender } from './contender.ts';
import { inPython } from './contenders.ts';
import { lloyd } from './lloyd.ts';
import { openblasCore } from './openblas.ts';
import { benchBesidePeers, PEER_OPTIONS } from './peer-bench.ts';
import { installNearestPeers } from './tools.ts';

/** Vectors of which the reference itself is looked at, by fractions. */
const LOOKED_AT = 1000;

const { values } = parseArgs({
  args: argv.slice(2),
  options: {
    ...PEER_OPTIONS,
    count: { type: 'string', default: '1000000' },
    length: { type: 'string', default: '64' },
    k: { type: 'string', default: '10' },
    iterations: { type: 'string', default: '10' },
  },
});
const { count, length, k, iterations } = {
  count: Number(values.count),
  length: Number(values.length),
  k: Number(values.k),
  iterations: Number(values.iterations),
};
const problem = centresProblem({ count, length, k, iterations }, Number(values.seed));
await benchBesidePeers(
  {
    task: 'centres',
    title: `${count} vectors of ${length} bytes, k = ${k}, ${iterations} iterations`,
    words: { unit: 'fit', wrong: (others) => `${others} labels are others` },
    peers: peersIn({ python: await installNearestPeers() }),
    write: (folder) => writeCentresProblem(folder, problem),
    exact: async () => {
      const exact = await exactLabels(problem);
      return ([labels = []]) => otherLabels(exact, labels);
    },
  },
  values,
);

function peersIn(peers: { python: string }): Contender[] {
  const core = openblasCore();
  const faiss = inPython(peers, 'faiss Kmeans', 'tuned', 'centres_peers', 'faiss');
  return [
    ...['float32', 'float64'].map((type) =>
      inPython(peers, `scikit-learn lloyd, ${type}`, 'tuned', 'centres_peers', type),
    ),
    core === undefined ? faiss : { ...faiss, env: { ...faiss.env, OPENBLAS_CORETYPE: core } },
  ];
}

/** By the kernel, of which some are looked at by fractions. */
async function exactLabels(problem: CentresProblem): Promise<Uint32Array> {
  const { centres, labels, before } = await lloyd(problem, 'auto');
  for (let at = 0; at < Math.min(LOOKED_AT, labels.length); at += 1) {
    const vector = problem.vectors.subarray(at * problem.length, (at + 1) * problem.length);
    const nearest = nearestByFractions(centres, vector);
    if (nearest !== labels[at]) throw new Error(`Expected ${nearest} of vector ${at} but got ${labels[at]}.`);
  }
  if (otherLabels(labels, before) === 0)
    throw new Error('Expected labels that still change at the end but found none: take another seed.');
  return labels;
}
