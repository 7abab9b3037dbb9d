/**
 * A published comparison of Dask and Ray by the number of workers (docs/comparison.md), made again: scikit-learn's digits, KNN and a ResNet-18 that is
 * trained, on kept fleets of local hosts. Beside its seconds, where ours went, and what each host used.
 *
 * node bench/seed-tables.ts                              both, Dask with 2, 4 and 6 workers, Ray with 2, 3 and 4; a quarter of a core each
 * node bench/seed-tables.ts --workload knn --repeats 3
 * node bench/seed-tables.ts --workload cnn --rounds 2 --dask 2 --ray 2 --markdown FILE
 *
 * It deploys a stack of its own and ends it, unless --home names one that is up and has the samples.
 */
import { writeFile } from 'node:fs/promises';
import { cpus, loadavg } from 'node:os';
import { argv, stdout } from 'node:process';
import { parseArgs } from 'node:util';
import { cli } from '../scripts/own-stack/cli.ts';
import { onOwnStack } from '../scripts/own-stack/deploy.ts';
import { connectStack, readSummary } from '../scripts/own-stack/stack.ts';
import { figuresOfSweep } from '../src/sweep/figures.ts';
import { latest, type Sweep } from '../src/sweep/sweep.ts';
import { failedRuns, processorsText } from '../src/sweep/table.ts';
import { nodesTable, partsTable, type SeedPoint, secondsTable } from './seed-table.ts';

const { values } = parseArgs({
  args: argv.slice(2),
  options: {
    workload: { type: 'string', default: 'knn,cnn' },
    dask: { type: 'string', default: '2,4,6' },
    ray: { type: 'string', default: '2,3,4' },
    repeats: { type: 'string', default: '2' },
    rounds: { type: 'string', default: '12' },
    cpus: { type: 'string', default: '0.25' },
    markdown: { type: 'string' },
    home: { type: 'string' },
  },
});
const load = loadavg()[0]?.toFixed(1);
const hosts = { FANFLEET_HOST_CPUS: values.cpus };
const text =
  values.home === undefined
    ? await onOwnStack('seed-tables', ['digits'], measured, hosts)
    : await measured(values.home);
stdout.write(text);
if (values.markdown !== undefined) await writeFile(values.markdown, text);

async function measured(home: string): Promise<string> {
  const engines = (['dask', 'ray'] as const).filter((engine) => values[engine] !== '');
  const asked = ['sweep', 'digits/', '--workload', values.workload, '--engine', engines.join(',')];
  const workers = engines.flatMap((engine) => ['--workers', `${engine}=${values[engine]}`]);
  const training = values.workload.split(',').includes('cnn')
    ? ['--network', 'resnet18', '--rounds', values.rounds]
    : [];
  const args = ['--json', ...asked, ...workers, ...training, '--repeats', values.repeats, '--keep-fleets'];
  // Runs that failed are told below the tables.
  const { stdout: json, stderr: said } = await cli(home, args);
  if (json === '') throw new Error(`Expected a sweep but got: ${said}`);
  const sweep: Sweep = JSON.parse(json);
  const stack = await connectStack(home);
  const figures = figuresOfSweep(sweep);
  const points: SeedPoint[] = [];
  for (const [index, point] of figures.points.entries()) {
    const done = latest(sweep).filter((one) => one.point === index && one.status === 'succeeded');
    const summaries = await Promise.all(done.map(({ runId }) => readSummary(stack, runId)));
    const arms = summaries.flatMap(
      ({ rounds }) => rounds[0]?.arms.filter(({ arm }) => arm === 'fleet') ?? [],
    );
    points.push({ figures: point, arms });
  }
  const failed = failedRuns(figures).map((line) => `- ${line}\n`);
  return [
    `${cpus()[0]?.model}, load ${load} before; hosts of ${values.cpus} cores, ${values.repeats} runs each. ${processorsText(figures)}\n`,
    secondsTable(points),
    partsTable(points),
    nodesTable(points),
    ...(failed.length > 0 ? [failed.join('')] : []),
  ].join('\n');
}
