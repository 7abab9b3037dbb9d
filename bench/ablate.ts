/**
 * A pipeline that classifies JPEGs of 500x375 in S3 with the model `orientation`, written on an engine itself, with mistakes and with
 * optimizations (bench/pipelines): all together, and each alone beside the same pipeline without it; in turn.
 *
 * node bench/ablate.ts                           Ray Data, 320 images, 3 rounds, 2 workers
 * node bench/ablate.ts --together                only the defaults, all mistakes and all optimizations
 * node bench/ablate.ts --switch table,lists      only these alone
 * node bench/ablate.ts --few --rounds 1 --markdown FILE --json FILE
 */
import { writeFile } from 'node:fs/promises';
import { cpus, loadavg } from 'node:os';
import process, { argv, stderr, stdout } from 'node:process';
import { parseArgs } from 'node:util';
import { FanfleetError } from '../src/errors.ts';
import { aloneTable, type Case, caseAlone, caseKey, casesTogether, togetherTable } from './ablation.ts';
import { inTurn } from './order.ts';
import { Pipelines, putModel, readSwitches, type Took } from './pipelines.ts';
import { S3Server } from './s3-server.ts';
import { imageSet } from './sets.ts';

const { values } = parseArgs({
  args: argv.slice(2),
  options: {
    rounds: { type: 'string', default: '3' },
    seed: { type: 'string', default: '1' },
    workers: { type: 'string', default: '2' },
    switch: { type: 'string' },
    together: { type: 'boolean', default: false },
    'only-alone': { type: 'boolean', default: false },
    few: { type: 'boolean', default: false },
    markdown: { type: 'string' },
    json: { type: 'string' },
  },
});
const { mistakes, optimizations } = await readSwitches();
const all = [...mistakes, ...optimizations];
const named = values.switch?.split(',');
const unknown = named?.find((name) => !all.some((one) => one.name === name));
if (unknown !== undefined) {
  throw new FanfleetError('USAGE', `Expected mistakes or optimizations but got ${unknown}.`, {
    source: 'user',
  });
}
const alone = values.together ? [] : all.filter(({ name }) => named?.includes(name) ?? true);
const together = named === undefined && !values['only-alone'] ? casesTogether(mistakes, optimizations) : [];
const sides = alone.map((one) => ({ one, ...caseAlone(one, all) }));
const cases = [...together, ...sides.flatMap((side) => [side.without, side.with])];
const lanes = [
  ...new Map(
    cases.map((one) => [caseKey(one), { one, took: [] as Took[], failures: [] as string[] }]),
  ).values(),
];
const tookBy = (one: Case): readonly Took[] =>
  lanes.find((lane) => caseKey(lane.one) === caseKey(one))?.took ?? [];

const [rounds, seed, workers] = [Number(values.rounds), Number(values.seed), Number(values.workers)];
const { folder, images } = await imageSet('photos', { few: values.few });
const load = loadavg()[0]?.toFixed(1);
const server = await S3Server.start(folder, true);
const pipelines = await Pipelines.start('ray_data', server, workers);
try {
  await putModel(server, 'orientation');
  // Processes and compilers are warm after this one, and every other one has to find what it found.
  const { digest } = await pipelines.run([]);
  let done = 0;
  await inTurn(lanes, { rounds, seed }, async ({ one, took, failures }) => {
    done += 1;
    const step = `ablate: ${done} of ${rounds * lanes.length}, ${one.title}`;
    try {
      const ran = await pipelines.run(one.switches);
      if (ran.digest !== digest || ran.images !== images) throw new Error('Expected the same labels.');
      took.push(ran);
      stderr.write(`${step}: ${ran.seconds.toFixed(1)} s, CPU ${ran.cpuSeconds.toFixed(1)} s\n`);
    } catch (reason) {
      failures.push(FanfleetError.from(reason).message);
      stderr.write(`${step}: ${FanfleetError.from(reason).message}\n`);
    }
    if (values.json !== undefined)
      await writeFile(values.json, `${JSON.stringify({ load, rounds, lanes }, null, 1)}\n`);
  });
} finally {
  await pipelines.stop();
  await server.stop();
}
// A pipeline that failed in a round is in no table: its rounds would be others than those it stands beside.
const isWhole = (one: Case) => tookBy(one).length === rounds;
const shown = together.filter(isWhole);
const pairs = sides.filter((side) => isWhole(side.with) && isWhole(side.without));
const failed = lanes.flatMap(({ one, failures }) =>
  failures.map((why) => `\n${one.title} could not do it: ${why}\n`),
);
const text = [
  `${cpus()[0]?.model}, ${workers} workers, load ${load} before and ${loadavg()[0]?.toFixed(1)} after; ${images} JPEGs of 500x375, ${rounds} rounds, seed ${seed}.\n`,
  ...(shown.length === 0 ? [] : [togetherTable(shown.map((one) => ({ ...one, took: tookBy(one) })))]),
  ...(pairs.length === 0
    ? []
    : [
        aloneTable(
          pairs.map((side) => ({ one: side.one, with: tookBy(side.with), without: tookBy(side.without) })),
        ),
      ]),
  ...failed,
].join('\n');
stdout.write(text);
if (values.markdown !== undefined) await writeFile(values.markdown, text);
if (lanes.some(({ failures }) => failures.length > 0)) process.exitCode = 1;
