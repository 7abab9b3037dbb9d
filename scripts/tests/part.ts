import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { stripVTControlCharacters } from 'node:util';
import { readTally, type Tally, tallyOf } from './tally.ts';
import { type EndedTest, hasFailed, readTestLog, TEST_LOG, type TestWithError } from './test-log.ts';

/** One program of the tests. */
export interface Part {
  readonly name: string;
  readonly command: readonly [program: string, ...args: string[]];
  /** Whether it has to end with a line that counts; one that does not has failed. */
  readonly counts: boolean;
}

export interface PartResult extends Tally {
  readonly name: string;
  readonly seconds: number;
  /** Those that it has told of. */
  readonly tests: readonly EndedTest[];
  /** Of these the failed ones; and the part itself, with its last lines, where they do not say why it failed. */
  readonly failures: readonly TestWithError[];
}

export interface PartOptions {
  readonly folder: string;
  readonly env: NodeJS.ProcessEnv;
  /** Takes what the part prints, line by line. */
  readonly say: (line: string) => void;
  /** @returns milliseconds of a clock that only goes forward */
  readonly now: () => number;
  /** Ends the part when it is aborted, by the signal that a part ends itself for. */
  readonly stop: AbortSignal;
  /** How long what the part prints may go on after it has ended. @default half a minute */
  readonly outputMs?: number;
}

/** How many lines are kept to tell of a part that breaks off. */
const LAST_LINES = 15;

/** Run a part to its end. It does not reject: a program that cannot be started has failed. */
export function runPart(
  { name, command: [program, ...args], counts }: Part,
  { folder, env, say, now, stop, outputMs = 30_000 }: PartOptions,
): Promise<PartResult> {
  const began = now();
  const log = openLog();
  const last: string[] = [];
  let told: Tally | undefined;
  const child = spawn(program, args, {
    cwd: folder,
    env: { ...env, [TEST_LOG]: log.file },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const end = () => child.kill('SIGTERM');
  stop.addEventListener('abort', end);
  for (const stream of [child.stdout, child.stderr]) {
    createInterface({ input: stream }).on('line', (line) => {
      const tally = counts ? readTally(line) : undefined;
      if (tally !== undefined) {
        told = tally;
        return;
      }
      say(line);
      last.push(stripVTControlCharacters(line));
      if (last.length > LAST_LINES) last.shift();
    });
  }
  return new Promise((resolve) => {
    let patience: NodeJS.Timeout | undefined;
    let isSettled = false;
    /** @param how the part ended, if it did not end as one whose tests were done */
    const settle = (how: string | undefined) => {
      // What could not be started or was given up closes, too.
      if (isSettled) return;
      isSettled = true;
      clearTimeout(patience);
      stop.removeEventListener('abort', end);
      const seconds = (now() - began) / 1_000;
      const tests = log.take();
      const failures = tests.filter(hasFailed);
      const isCounted = told !== undefined || !counts;
      if (how !== undefined || !isCounted || ((told?.failed ?? 0) > 0 && failures.length === 0)) {
        const why =
          how ?? (isCounted ? 'does not tell which tests failed' : 'ended before it had counted its tests');
        failures.push({ file: '', name: why, seconds, error: last.join('\n') });
      }
      resolve({ name, seconds, ...tallyOf(told, how === undefined && isCounted), tests, failures });
    };
    child.on('error', ({ message }) => {
      say(message);
      settle(message);
    });
    child.on('exit', () => {
      patience = setTimeout(() => {
        const how = 'has ended, but a process that it started still has its output open';
        say(how);
        child.stdout.destroy();
        child.stderr.destroy();
        settle(how);
      }, outputMs);
    });
    child.on('close', (status, signal) => {
      // Failed tests are why it does not end with 0.
      const isFine = status === 0 || (signal === null && (told?.failed ?? 0) > 0);
      settle(isFine ? undefined : signal === null ? `ended with status ${status}` : `was ended by ${signal}`);
    });
  });
}

/** A file for reporters to write to. `take` reads and removes it. */
function openLog(): { readonly file: string; readonly take: () => EndedTest[] } {
  const folder = mkdtempSync(join(tmpdir(), 'fanfleet-part-'));
  const file = join(folder, 'tests.jsonl');
  writeFileSync(file, '');
  const take = () => {
    // What tidies the folder for temporary files may have been here.
    const tests = existsSync(file) ? readTestLog(readFileSync(file, 'utf8')) : [];
    rmSync(folder, { recursive: true, force: true });
    return tests;
  };
  return { file, take };
}
