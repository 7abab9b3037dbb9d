import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { readTally, type Tally, tallyOf } from './tally.ts';

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
}

/** Run a part to its end. It does not reject: a program that cannot be started has failed. */
export function runPart(
  { name, command: [program, ...args], counts }: Part,
  { folder, env, say, now, stop }: PartOptions,
): Promise<PartResult> {
  const began = now();
  let told: Tally | undefined;
  const child = spawn(program, args, { cwd: folder, env, stdio: ['ignore', 'pipe', 'pipe'] });
  const end = () => child.kill('SIGTERM');
  stop.addEventListener('abort', end);
  for (const stream of [child.stdout, child.stderr]) {
    createInterface({ input: stream }).on('line', (line) => {
      const tally = counts ? readTally(line) : undefined;
      if (tally === undefined) say(line);
      else told = tally;
    });
  }
  return new Promise((resolve) => {
    const settle = (isFine: boolean) => {
      stop.removeEventListener('abort', end);
      const isWhole = isFine && (told !== undefined || !counts);
      resolve({ name, seconds: (now() - began) / 1_000, ...tallyOf(told, isWhole) });
    };
    child.on('error', ({ message }) => {
      say(message);
      settle(false);
    });
    child.on('close', (status) => settle(status === 0));
  });
}
