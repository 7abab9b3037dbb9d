/**
 * What it takes to aggregate an arm, by the number of its rows, each in a process of its own: CPU time (it has one thread,
 * and one of the garbage collector beside it) and peak memory. The input is made as it is read; what that takes is told
 * apart.
 *
 * node bench/aggregate.ts [--arm serverless|fleet] [--rows 1e6,3e6,10e6] [--per-batch 100]
 */
import { spawnSync } from 'node:child_process';
import { cpus } from 'node:os';
import { argv, execPath, stdout, version } from 'node:process';
import { parseArgs } from 'node:util';
import * as z from 'zod';
import { aggregateArm } from '../src/aggregate/arm.ts';
import { armSchema } from '../src/contract/arm.ts';
import { parse } from '../src/parse.ts';
import { RUN_ID, SimulatedRun, STARTED_AT } from './simulated-run.ts';

const text = { type: 'string' } as const;
const { values } = parseArgs({
  options: { arm: text, rows: text, 'per-batch': text, alone: { type: 'boolean' } },
});
const options = parse(
  z.object({
    arm: armSchema.default('serverless'),
    rows: z
      .string()
      .default('1e6,3e6,10e6')
      .transform((list) => list.split(',').map(Number))
      .pipe(z.array(z.int().positive())),
    'per-batch': z.coerce.number().int().positive().default(100),
    /** Do it here and not in a new process. */
    alone: z.boolean().default(false),
  }),
  values,
  'The options of the bench',
);

if (options.alone) await aggregate(options.rows[0] ?? 1);
else {
  stdout.write(`${cpus()[0]?.model.trim()}, Node ${version}, the ${options.arm} arm\n\n`);
  stdout.write(
    '| rows | batches | aggregation | making the input | peak memory |\n| ---: | ---: | ---: | ---: | ---: |\n',
  );
  for (const rows of options.rows) {
    const more = ['--alone', '--rows', String(rows)];
    const child = spawnSync(execPath, [argv[1] ?? '', ...argv.slice(2), ...more], {
      stdio: ['ignore', 'inherit', 'inherit'],
    });
    if (child.status !== 0) process.exitCode = 1;
  }
}

async function aggregate(rows: number): Promise<void> {
  const batches = Math.ceil(rows / options['per-batch']);
  const reader = new SimulatedRun(options.arm, rows, batches);
  const startedSeconds = cpuSeconds();
  const { valid, items, clocks } = await aggregateArm({
    ...{
      reader,
      runId: RUN_ID,
      arm: options.arm,
      round: 0,
      workload: { name: 'statistics', params: { operation: 'stats', depth: '8' } },
    },
    startedAt: STARTED_AT,
    endedAt: reader.endedAt,
    headClock: { offsetLowMs: -5, offsetHighMs: 5 },
  });
  const whole = cpuSeconds() - startedSeconds;
  const peakMib = process.resourceUsage().maxRSS / 1024;
  if (!valid || items !== rows || clocks.seenBatches !== batches) {
    throw new Error(`Expected ${rows} sound rows but got ${items}, valid: ${valid}.`);
  }
  await reader.readAll();
  const making = cpuSeconds() - startedSeconds - whole;
  const cells = [
    ...[rows, batches].map((count) => count.toLocaleString('en')),
    `${(whole - making).toFixed(1)} s`,
    `${making.toFixed(1)} s`,
    `${peakMib.toFixed(0)} MiB`,
  ];
  stdout.write(`| ${cells.join(' | ')} |\n`);
}

function cpuSeconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}
