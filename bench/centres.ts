/**
 * K-Means by the exact nearest of centres beside scikit-learn and faiss: one core, one thread each, all from the same centres.
 *
 * node bench/centres.ts                    1,000,000 vectors of 64 bytes, 10 centres, 10 iterations
 * node bench/centres.ts --count 100000     less
 * node bench/centres.ts --contender fanfleet --markdown FILE
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { argv, stdout } from 'node:process';
import { parseArgs } from 'node:util';
import { nearestByFractions, otherLabels } from './centres-agreement.ts';
import { type CentresProblem, centresProblem, writeCentresProblem } from './centres-vectors.ts';
import type { Contender } from './contender.ts';
import { inNode, inPython } from './contenders.ts';
import type { Job } from './job.ts';
import { lloyd } from './lloyd.ts';
import { measureBesidePeers, openblasCore } from './peer-rounds.ts';
import { peerTable } from './peer-table.ts';
import { ROOT } from './places.ts';
import { installNearestPeers } from './tools.ts';

/** Vectors of which the reference itself is looked at, by fractions. */
const LOOKED_AT = 1000;

const { values } = parseArgs({
  args: argv.slice(2),
  options: {
    count: { type: 'string', default: '1000000' },
    length: { type: 'string', default: '64' },
    k: { type: 'string', default: '10' },
    iterations: { type: 'string', default: '10' },
    rounds: { type: 'string', default: '5' },
    seed: { type: 'string', default: '1' },
    contender: { type: 'string', default: '' },
    markdown: { type: 'string' },
  },
});
const sizes = {
  count: Number(values.count),
  length: Number(values.length),
  k: Number(values.k),
  iterations: Number(values.iterations),
};
const [rounds, seed] = [Number(values.rounds), Number(values.seed)];

const folder = await mkdtemp(join(tmpdir(), 'fanfleet-centres-'));
try {
  const problem = centresProblem(sizes, seed);
  await writeCentresProblem(folder, problem);
  const contenders = (await allContenders()).filter(({ name }) => name.includes(values.contender));
  const load = loadavg()[0]?.toFixed(1);
  const exact = await exactLabels(problem);
  const job: Job<'centres'> = { folder, source: 'memory', task: 'centres', threads: 1, store: null };
  const wrong = ([labels = []]: readonly (readonly number[])[]) => otherLabels(exact, labels);
  const results = await measureBesidePeers(contenders, job, { rounds, seed, wrong });
  const words = { unit: 'fit', wrong: (count: number) => `${count} labels are others` };
  const { count, length, k, iterations } = sizes;
  const text =
    `${cpus()[0]?.model}, one core, load ${load} before; ${count} vectors of ${length} bytes, k = ${k}, ${iterations} ` +
    `iterations, ${rounds} rounds, seed ${seed}.\n\n${peerTable(results, ['scikit-learn', 'faiss'], words)}`;
  stdout.write(text);
  if (values.markdown !== undefined) await writeFile(values.markdown, text);
} finally {
  await rm(folder, { recursive: true });
}

async function allContenders(): Promise<Contender[]> {
  const peers = { python: await installNearestPeers() };
  const fleet = { python: join(ROOT, '.venv/bin/python') };
  const core = openblasCore();
  const best = (contender: Contender): Contender =>
    core === undefined ? contender : { ...contender, env: { ...contender.env, OPENBLAS_CORETYPE: core } };
  return [
    inNode('fanfleet, native', 'fanfleet', 'centres', 'native'),
    inNode('fanfleet, WebAssembly', 'fanfleet', 'centres', 'portable'),
    inPython(fleet, 'fanfleet, native in Python', 'fanfleet', 'centres_fleet', 'native'),
    inPython(fleet, 'fanfleet, numpy', 'fanfleet', 'centres_fleet', 'portable'),
    ...['float32', 'float64'].map((type) =>
      inPython(peers, `scikit-learn lloyd, ${type}`, 'tuned', 'centres_peers', type),
    ),
    best(inPython(peers, 'faiss Kmeans', 'tuned', 'centres_peers', 'faiss')),
  ].map((one) => ({ ...one, env: { ...one.env, OPENBLAS_NUM_THREADS: '1' } }));
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
