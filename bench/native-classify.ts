/**
 * fanfleet's workers beside pipelines that are written on the engines themselves (engine-pipelines), each with its optimizations: JPEGs of
 * 500x375 in S3, the model `orientation`, one thread a session, 2 workers; in turn.
 *
 * node bench/native-classify.ts                   320 images, 3 rounds
 * node bench/native-classify.ts --engine fanfleet_ray,daft_frame
 * node bench/native-classify.ts --few --rounds 1 --markdown FILE
 */
import { writeFile } from 'node:fs/promises';
import { cpus, loadavg } from 'node:os';
import { argv, stderr, stdout } from 'node:process';
import { parseArgs } from 'node:util';
import { figuresOf } from '../src/ablation/figures.ts';
import { Pipelines, readCatalogue } from '../src/ablation/pipelines.ts';
import { togetherTable } from '../src/ablation/tables.ts';
import type { Took } from '../src/ablation/took.ts';
import { readPrices } from '../src/prices/prices.ts';
import { medianRatio } from '../src/statistics/median-ratio.ts';
import { inTurn } from '../src/statistics/round-order.ts';
import { PIPELINE_PYTHON, putModel } from './pipelines.ts';
import { S3Server } from './s3-server.ts';
import { imageSet } from './sets.ts';

const { values } = parseArgs({
  args: argv.slice(2),
  options: {
    rounds: { type: 'string', default: '3' },
    seed: { type: 'string', default: '1' },
    engine: { type: 'string', default: 'fanfleet_ray,ray_data,ray_tasks,daft_frame,dask_bag,spark_frame' },
    few: { type: 'boolean', default: false },
    markdown: { type: 'string' },
  },
});
const [rounds, seed, workers] = [Number(values.rounds), Number(values.seed), 2];
const { folder, images } = await imageSet('photos', { few: values.few });
const optimizations = (await readCatalogue(PIPELINE_PYTHON)).optimizations.map(({ name }) => name);
const load = loadavg()[0]?.toFixed(1);
const server = await S3Server.start(folder, true);
const lanes: { title: string; pipelines: Pipelines; switches: readonly string[]; took: Took[] }[] = [];
try {
  await putModel(server, 'orientation');
  // All get the images one by one, and none starts processes for the sake of their memory.
  const loose = optimizations.filter((name) => name !== 'shards' && name !== 'few-arenas');
  for (const [title, engine, switches] of [
    ["fanfleet's workers on Ray Data", 'fanfleet_ray', loose],
    ['Ray Data, an actor pool', 'ray_data', loose],
    ['Ray Data, tasks that keep the model', 'ray_tasks', loose],
    ['Daft, a class', 'daft_frame', loose],
    ['Dask, `map_partitions`', 'dask_bag', loose],
    ['Spark, `mapInArrow`', 'spark_frame', loose],
  ] as const) {
    if (!values.engine.split(',').includes(engine)) continue;
    const pipelines = await Pipelines.start(PIPELINE_PYTHON, engine, server, { workers });
    lanes.push({ title, pipelines, switches, took: [] });
    // Processes are warm after this one.
    await pipelines.run(switches);
  }
  await inTurn(lanes, { rounds, seed }, async ({ title, pipelines, switches, took }) => {
    const ran = await pipelines.run(switches);
    took.push(ran);
    stderr.write(
      `native-classify: ${title}: ${ran.seconds.toFixed(1)} s, CPU ${ran.cpuSeconds.toFixed(1)} s\n`,
    );
  });
} finally {
  await Promise.all(lanes.map(({ pipelines }) => pipelines.stop()));
  await server.stop();
}
const [own, ...others] = lanes;
const labels = new Set(lanes.flatMap(({ took }) => took.map(({ digest }) => digest)));
const ratios = others.map(({ title, took }) => {
  const [seconds, cpu] = (['seconds', 'cpuSeconds'] as const).map((what) =>
    medianRatio(
      took.map((ran) => ran[what]),
      own?.took.map((ran) => ran[what]) ?? [],
    ).toFixed(2),
  );
  return `${title}: ${seconds} times the seconds of fanfleet's workers, ${cpu} times the CPU seconds.\n`;
});
const text = [
  `${cpus()[0]?.model}, ${workers} workers, load ${load} before; ${images} JPEGs of 500x375, ${rounds} rounds, seed ${seed}; ${labels.size === 1 ? 'the same labels of all' : 'other labels of some'}.\n`,
  togetherTable(lanes, figuresOf(readPrices('us-east-1'), workers)),
  ...ratios,
].join('\n');
stdout.write(text);
if (values.markdown !== undefined) await writeFile(values.markdown, text);
