/**
 * KNN and K-Means as their users write them with scikit-learn, dask-ml, Spark and Ray: times and answers side by side.
 *
 * node bench/learning.ts                     digits, and 10,000 generated images of 28x28
 * node bench/learning.ts --set digits --task kmeans --contender scikit-learn,Ray
 * node bench/learning.ts --rounds 3 --markdown FILE
 */
import { execFile } from 'node:child_process';
import { rmSync } from 'node:fs';
import { mkdtemp, writeFile } from 'node:fs/promises';
import { availableParallelism, cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import process, { argv, env, stderr, stdout } from 'node:process';
import { parseArgs, promisify } from 'node:util';
import { EXIT } from '../cli/exit-code.ts';
import type { Contender } from './contender.ts';
import { inNode, inPython } from './contenders.ts';
import { exactClusters, exactPredictions } from './exact-learning.ts';
import type { Job } from './job.ts';
import { answerText, type Exact } from './learning-answer.ts';
import {
  digitsSet,
  generatedSet,
  type LearningSet,
  type LearningTask,
  writeLearningSet,
} from './learning-sets.ts';
import { learningTable } from './learning-table.ts';
import { measureSideBySide } from './side-by-side.ts';
import { installLearningPeers } from './tools.ts';

const NEIGHBOURS = 5;
const PEER = 'scikit-learn';
/** Seconds of a pass, above which there is no other one: of the first, and of one when all is warm. */
const MOST_SECONDS = { first: 120, warm: 20 };
/** Spark's newer library takes no centres to begin with. */
const OWN_START = 'Spark MLlib KMeans';

const { values } = parseArgs({
  args: argv.slice(2),
  options: {
    set: { type: 'string', default: '' },
    task: { type: 'string', default: '' },
    contender: { type: 'string', default: '' },
    images: { type: 'string', default: '10000' },
    rounds: { type: 'string', default: '5' },
    seed: { type: 'string', default: '1' },
    markdown: { type: 'string' },
  },
});
const { images, rounds, seed } = {
  images: Number(values.images),
  rounds: Number(values.rounds),
  seed: Number(values.seed),
};
const threads = availableParallelism();
const told: string[] = [];
const wanted = values.contender.split(',');

const folder = await mkdtemp(join(tmpdir(), 'fanfleet-learning-'));
process.once('exit', () => rmSync(folder, { recursive: true }));
process.once('SIGINT', () => process.exit(EXIT.SIGINT));
process.once('SIGTERM', () => process.exit(EXIT.SIGTERM));

const python = await installLearningPeers();
const load = loadavg()[0]?.toFixed(1);
await tell(
  `${cpus()[0]?.model}, ${threads} cores, load ${load} before; ${rounds} rounds, seed ${seed}, k = ${NEIGHBOURS}; ${await versions(python)}.\n`,
);
const sets = [await digitsSet(seed), generatedSet(images, seed)];
for (const set of sets.filter(({ name }) => name.includes(values.set))) {
  const exact = { predictions: exactPredictions(set, NEIGHBOURS), clusters: exactClusters(set) };
  await writeLearningSet(join(folder, set.name), set, NEIGHBOURS);
  for (const task of (['knn', 'kmeans'] as const).filter((one) => one.includes(values.task))) {
    const contenders = contendersOf(task, python).filter(({ name }) =>
      wanted.some((text) => name.includes(text)),
    );
    const job: Job<LearningTask> = {
      ...{ folder: join(folder, set.name), source: 'memory', task, threads, store: null },
    };
    const results = await measureSideBySide(contenders, job, {
      ...{ rounds, seed, most: MOST_SECONDS },
      answerOf: async (contender) => {
        const labels = (await contender.rows()).flat();
        const { iterations } = await contender.facts();
        const isSameStart = contender.contender.name !== OWN_START;
        return answerText(task, set, exact, { labels, iterations, isSameStart });
      },
      onStep: (step) => stderr.write(`learning: ${task}, ${set.name}: ${step}\n`),
    });
    await tell(`\n### ${titleOf(task, set, exact)}\n\n${learningTable(results, PEER)}`);
  }
}

/** As soon as it is known: a machine that is shared can be wanted by others. */
async function tell(text: string): Promise<void> {
  stdout.write(text);
  told.push(text);
  if (values.markdown !== undefined) await writeFile(values.markdown, told.join(''));
}

function titleOf(task: LearningTask, { title, asked, labels }: LearningSet, { clusters }: Exact): string {
  return task === 'knn'
    ? `KNN: ${asked} asked of ${title}, ${labels.length - asked} learned from`
    : `K-Means: ${title}, which exactly takes ${clusters.iterations} iterations`;
}

function contendersOf(task: LearningTask, python: string): Contender[] {
  const peer = (name: string, module: string, variant: string = task) =>
    inPython({ python }, name, 'first', `learning_${module}`, variant);
  const peers = [peer(PEER, 'sklearn'), peer('dask-ml', 'dask'), peer('Ray Data with scikit-learn', 'ray')];
  const fleet = [
    inNode('fanfleet, native', 'fanfleet', 'learning', 'native'),
    inNode('fanfleet, WebAssembly', 'fanfleet', 'learning', 'portable'),
  ];
  const spark =
    task === 'knn'
      ? [peer('Spark, broadcast join', 'spark')]
      : [peer(OWN_START, 'spark'), peer('Spark MLlib KMeans of RDDs', 'spark', 'kmeans-rdd')];
  // Each library with as many threads as it takes by itself.
  return [...fleet, ...peers, ...spark].map((one) => ({
    ...one,
    env: { ...one.env, OMP_NUM_THREADS: String(threads) },
  }));
}

async function versions(python: string): Promise<string> {
  const names = ['scikit-learn', 'dask-ml', 'dask', 'pyspark', 'ray', 'numpy'];
  const script = `import platform, importlib.metadata as m; print("Python", platform.python_version(), *[f"| {n} {m.version(n)}" for n in ${JSON.stringify(names)}])`;
  const { stdout: found } = await promisify(execFile)(python, ['-c', script], { env });
  return found.trim().replaceAll(' | ', ', ');
}
