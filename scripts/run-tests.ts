/**
 * Runs all tests, and ends with one line that counts them: `N passed, N failed`. Before it, each failed test is told again
 * with the beginning of its error, so is one that passed only when it was run again, and of each part how long it took.
 *
 * node scripts/run-tests.ts         what `npm test` has time for
 * node scripts/run-tests.ts --full  whole matrices too, which take hours (FANFLEET_TESTS=full)
 *
 * Ends with 1 if anything failed.
 */
import { argv, env, stdout } from 'node:process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { LANES } from './tests/lanes.ts';
import { type Part, type PartResult, runPart } from './tests/part.ts';
import { sum, tallyLine } from './tests/tally.ts';
import { failureLines, flakyLines, partLines } from './tests/telling.ts';

const FOLDER = fileURLToPath(new URL('..', import.meta.url));
const { values } = parseArgs({ args: argv.slice(2), options: { full: { type: 'boolean', default: false } } });
const environment = values.full ? { ...env, FANFLEET_TESTS: 'full' } : env;
const widest = Math.max(...LANES.flat().map(({ name }) => name.length));

const stop = new AbortController();
let isInterrupted = false;
// Parts end what they started, and then this ends. Ctrl-C reaches them as well, a signal to this process alone does not.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => {
    isInterrupted = true;
    stop.abort();
  });
}

async function runLane(lane: readonly Part[]): Promise<PartResult[]> {
  const results: PartResult[] = [];
  for (const part of lane) {
    if (isInterrupted) break;
    const say = (line: string) => stdout.write(`${part.name.padEnd(widest)} | ${line}\n`);
    const now = () => performance.now();
    results.push(await runPart(part, { folder: FOLDER, env: environment, say, now, stop: stop.signal }));
  }
  return results;
}

const results = (await Promise.all(LANES.map(runLane))).flat();
for (const line of ['', ...flakyLines(results), ...failureLines(results), ...partLines(results)])
  stdout.write(`${line}\n`);
const total = sum(results);
stdout.write(`\n${tallyLine(total)}\n`);
process.exitCode = total.failed === 0 && !isInterrupted ? 0 : 1;
