/**
 * Runs all tests, and ends with one line that counts them: `N passed, N failed`.
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

const FOLDER = fileURLToPath(new URL('..', import.meta.url));
const { values } = parseArgs({ args: argv.slice(2), options: { full: { type: 'boolean', default: false } } });
const environment = values.full ? { ...env, FANFLEET_TESTS: 'full' } : env;
const widest = Math.max(...LANES.flat().map(({ name }) => name.length));

const stop = new AbortController();
let isInterrupted = false;
// Ctrl-C reaches the parts as well: they end what they started, and then this ends.
process.on('SIGINT', () => {
  isInterrupted = true;
});
process.on('SIGTERM', () => {
  isInterrupted = true;
  stop.abort();
});

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
stdout.write('\n');
for (const { name, seconds, passed, failed } of results) {
  const counted = passed + failed === 0 ? 'passed' : tallyLine({ passed, failed });
  stdout.write(`${name.padEnd(widest)} ${seconds.toFixed(0).padStart(5)} s  ${counted}\n`);
}
const total = sum(results);
stdout.write(`\n${tallyLine(total)}\n`);
process.exitCode = total.failed === 0 && !isInterrupted ? 0 : 1;
