/**
 * The exact nearest neighbours beside scikit-learn and faiss: one core, one thread each, all with the same generated images.
 *
 * node bench/nearest.ts                    60,000 training images, 10,000 queries, 5 nearest
 * node bench/nearest.ts --queries 1000     less
 * node bench/nearest.ts --contender fanfleet --markdown FILE
 */
import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import process, { argv, stderr, stdout } from 'node:process';
import { parseArgs } from 'node:util';
import { prepareNearest } from '../src/kernel/nearest.ts';
import type { Contender } from './contender.ts';
import { ContenderProcess } from './contender-process.ts';
import { inNode, inPython } from './contenders.ts';
import type { Job } from './job.ts';
import { slowDistances, wrongQueries } from './nearest-agreement.ts';
import { LENGTH, type NearestProblem, nearestProblem, writeProblem } from './nearest-images.ts';
import { type NearestResult, nearestTable } from './nearest-table.ts';
import { roundOrder } from './order.ts';
import { ROOT } from './places.ts';
import { installNearestPeers } from './tools.ts';

/** Queries of which the reference itself is looked at, one vector after the other. */
const LOOKED_AT = 10;
/** CPU time of a contender in a round, at least: the system counts it in steps of 10 ms. */
const LEAST_SECONDS = 0.5;

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
  const results = await measure(contenders, await exactDistances(problem), problem);
  const text =
    `${cpus()[0]?.model}, one core, load ${load} before; ${training} training images and ${queries} queries of ` +
    `28x28, k = ${k}, ${rounds} rounds, seed ${seed}.\n\n${nearestTable(results, ['scikit-learn', 'faiss'])}`;
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

/** The OpenBLAS in its package does not know newer processors of x86-64, and takes the oldest code for them unless it is told. */
function faissAtItsBest(peers: { python: string }): Contender[] {
  if (process.platform !== 'linux' || process.arch !== 'x64') return [];
  const core = /\bavx512vl\b/.test(readFileSync('/proc/cpuinfo', 'utf8')) ? 'SkylakeX' : 'Haswell';
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

type Lane = { process: ContenderProcess; passes: number; wrong: number; cpuMs: number[]; wallMs: number[] };

/** Every contender once per round, in a new order each time; the first pass, whose results are looked at, does not count. */
async function measure(
  contenders: readonly Contender[],
  exact: number[][],
  problem: NearestProblem,
): Promise<NearestResult[]> {
  const job: Job<'nearest'> = { folder, source: 'memory', task: 'nearest', threads: 1, store: null };
  const lanes: Lane[] = [];
  try {
    for (const contender of contenders) {
      const started = await ContenderProcess.start(contender, job);
      const lane: Lane = { process: started, passes: 1, wrong: 0, cpuMs: [], wallMs: [] };
      lanes.push(lane);
      const { cpuSeconds = LEAST_SECONDS } = await started.run(1);
      lane.wrong = wrongQueries(problem, exact, await started.rows());
      lane.passes = Math.ceil(LEAST_SECONDS / Math.max(cpuSeconds, 0.01));
      stderr.write(`nearest: ${contender.name} is ready\n`);
    }
    for (let round = 1; round <= rounds; round += 1) {
      for (const { process: contender, passes, cpuMs, wallMs } of roundOrder(lanes, seed, round)) {
        const { images, seconds, cpuSeconds = Number.NaN } = await contender.run(passes);
        cpuMs.push((1000 * cpuSeconds) / images);
        wallMs.push((1000 * seconds) / images);
      }
      stderr.write(`nearest: round ${round} of ${rounds}\n`);
    }
  } finally {
    await Promise.all(lanes.map((lane) => lane.process.stop()));
  }
  return lanes.map(({ process: { contender }, wrong, cpuMs, wallMs }) => {
    return { name: contender.name, kind: contender.kind, wrong, cpuMs, wallMs };
  });
}
