import { availableParallelism } from 'node:os';
import sharp from 'sharp';
import { FanfleetError } from '../src/errors.ts';
import { chooseKernel } from '../src/kernel/choose-kernel.ts';
import { allCases, type Case } from './cases.ts';
import type { Contender } from './contender.ts';
import { ContenderProcess } from './contender-process.ts';
import { readEnvironment } from './environment.ts';
import { exactRow } from './exact-rows.ts';
import type { Job } from './job.ts';
import { exactCopy } from './normalisation.ts';
import type { BenchOptions } from './options.ts';
import type { BenchResults, CaseResult, ContenderResult } from './results.ts';
import { playRounds } from './rounds.ts';
import { S3Server } from './s3-server.ts';
import { imageSet, readSet } from './sets.ts';
import { measureStarts } from './startup.ts';
import { buildBound, installPeers } from './tools.ts';

/** The figures are of as many cores as a laptop and a small instance have. */
const MAX_THREADS = 2;

type Say = (text: string) => void;

/**
 * Run the chosen cases one after the other. A contender that cannot start is told in the results.
 *
 * @throws FanfleetError `NATIVE_KERNEL_MISSING`, `BENCH_TOOL_MISSING`, and what `playRounds` throws
 */
export async function runBench(options: BenchOptions, say: Say): Promise<BenchResults> {
  await chooseKernel('native'); // a clear error where it was not built
  say('building what is not there yet');
  const programs = { python: await installPeers(), bound: await buildBound() };
  const environment = readEnvironment(new Date());
  const cases: CaseResult[] = [];
  for (const one of allCases(programs)) {
    if (!options.only.includes(one.group) || (options.set ?? one.set) !== one.set) continue;
    cases.push(await runCase(one, options, say));
  }
  const starts = options.only.includes('startup') ? await measureStarts(options) : [];
  const command = ['npm run bench --', ...process.argv.slice(2)].join(' ');
  return { command, environment, cases, starts };
}

async function runCase(one: Case, options: BenchOptions, say: Say): Promise<CaseResult> {
  const { group, source, task } = one;
  const set = await imageSet(one.set, { few: options.quick });
  say(`${group}: ${set.title} from ${source}, ${task}`);
  const threads = one.threads ?? Math.min(MAX_THREADS, availableParallelism());
  const server = source === 'loose' || source === 'shards' ? await S3Server.start(set.folder) : undefined;
  try {
    const job: Job = { folder: set.folder, source, task, threads, store: server?.store ?? null };
    const chosen = one.contenders.filter(
      ({ name, kind }) => kind === 'bound' || name.includes(options.contender),
    );
    const contenders = await playAll(chosen, job, options, server, say);
    return { group, set, source, task, threads, contenders };
  } finally {
    await server?.stop();
  }
}

async function playAll(
  contenders: readonly Contender[],
  job: Job,
  options: BenchOptions,
  server: S3Server | undefined,
  say: Say,
): Promise<ContenderResult[]> {
  const files = await readSet(job);
  const exact = await Promise.all(
    files.map(async (file) => exactRow(job.task === 'statistics' ? file : await exactCopy(file, job.task))),
  );
  const pixels = await Promise.all(files.map(countPixels));
  const processes: ContenderProcess[] = [];
  const failed: ContenderResult[] = [];
  try {
    for (const contender of contenders) {
      try {
        processes.push(await ContenderProcess.start(contender, job));
      } catch (reason) {
        const { name, kind } = contender;
        failed.push({ name, kind, failure: FanfleetError.from(reason).message });
      }
    }
    const measured = await playRounds(processes, {
      ...options,
      exact,
      pixels,
      serverCpuSeconds: () => server?.cpuSeconds(),
      onRound: (round) => say(`round ${round} of ${options.rounds}`),
    });
    const results = [...measured].map(
      ([
        {
          contender: { name, kind },
        },
        measurement,
      ]) => ({
        name,
        kind,
        ...measurement,
      }),
    );
    return [...results, ...failed];
  } finally {
    await Promise.all(processes.map((process) => process.stop()));
  }
}

async function countPixels(file: Buffer): Promise<number> {
  const { width, height } = await sharp(file).metadata();
  return width * height;
}
