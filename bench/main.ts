/**
 * fanfleet beside its peers and beside the limit of the hardware: `npm run bench -- --help`.
 *
 * Needs what `npm start` installs and `npm run build:native`; Java 17 for Spark, Go for the S3 server.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import process, { argv, stderr, stdout } from 'node:process';
import { EXIT, exitCodeOfError } from '../cli/exit-code.ts';
import { FanfleetError } from '../src/errors.ts';
import { type BenchOptions, parseOptions, USAGE } from './options.ts';
import { markdownReport } from './report.ts';
import { runBench } from './run.ts';

process.once('SIGINT', () => process.exit(EXIT.SIGINT));
process.once('SIGTERM', () => process.exit(EXIT.SIGTERM));

try {
  const options = parseOptions(argv.slice(2));
  if (options === 'help') stdout.write(USAGE);
  else await main(options);
} catch (reason) {
  const error = FanfleetError.from(reason);
  stderr.write(`bench: ${error.source === 'internal' ? error.stack : error.message}\n`);
  process.exitCode = exitCodeOfError(error);
}

async function main(options: BenchOptions): Promise<void> {
  const results = await runBench(options, (text) => stderr.write(`bench: ${text}\n`));
  const report = markdownReport(results);
  const file = join(options.out, results.environment.date);
  await mkdir(options.out, { recursive: true });
  await writeFile(`${file}.json`, `${JSON.stringify(results, null, 2)}\n`);
  await writeFile(`${file}.md`, report);
  stdout.write(report);
}
