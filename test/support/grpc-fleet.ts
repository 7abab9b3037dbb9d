import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { Tasks } from '../../src/grpc/task.ts';
import type { Emulator } from './emulator.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const MAIN = join(ROOT, 'ec2-workers/grpc-program/main.ts');
/** Where commands keep what V8 made of modules. Half of the processor that a program here takes is for compiling its own. */
const COMPILE_CACHE = join(ROOT, '.fanfleet/compile-cache');

export type Program = {
  readonly child: ChildProcess;
  /** All that it has printed. */
  readonly output: () => string;
  /** Until it has printed so many lines, by default one, with a text. @throws if it ends before */
  readonly printed: (text: string, count?: number) => Promise<void>;
  /** Its exit status, or the signal that ended it. */
  readonly ended: Promise<number | NodeJS.Signals>;
  readonly stop: () => Promise<void>;
};

/** Start a command of the gRPC program as a process of its own, in front of an offline AWS. Its input stays open. */
export function startProgram(emulator: Emulator, secret: string, command: readonly string[]): Program {
  const child = spawn(process.execPath, [MAIN, ...command], {
    stdio: ['pipe', 'pipe', 'pipe'],
    env: {
      PATH: process.env.PATH,
      FANFLEET_GRPC_SECRET: secret,
      NODE_COMPILE_CACHE: COMPILE_CACHE,
      AWS_REGION: emulator.client.region,
      AWS_ENDPOINT_URL: emulator.endpoint,
      AWS_ACCESS_KEY_ID: 'test',
      AWS_SECRET_ACCESS_KEY: 'test',
    },
  });
  const lines: string[] = [];
  const listeners = new Set<() => void>();
  const tell = () => {
    for (const listener of listeners) listener();
  };
  for (const stream of [child.stdout, child.stderr]) {
    createInterface({ input: stream }).on('line', (line) => {
      lines.push(line);
      tell();
    });
  }
  child.stdin.on('error', () => {});
  const ended = once(child, 'close').then(([code, signal]) => {
    tell();
    return (signal ?? code) as number | NodeJS.Signals;
  });
  const output = () => lines.join('\n');
  return {
    child,
    output,
    ended,
    printed: (text, count = 1) =>
      new Promise((resolve, reject) => {
        const look = () => {
          const isThere = lines.filter((line) => line.includes(text)).length >= count;
          const isOver = child.exitCode !== null || child.signalCode !== null;
          if (!isThere && !isOver) return;
          listeners.delete(look);
          if (isThere) resolve();
          else reject(new Error(`Expected ${text} but the program ended: ${output()}`));
        };
        listeners.add(look);
        look();
      }),
    stop: async () => {
      child.kill('SIGKILL');
      await ended;
    },
  };
}

/** The tasks as the engine hands them to the program. */
export function taskLines({ job, places }: Tasks): string {
  const {
    manifest,
    out,
    bucket,
    kernel,
    round,
    requesterPays: requester_pays,
    imageMemory: image_memory,
  } = job;
  const workload = JSON.parse(job.workload);
  return places
    .map(({ batch, offset, length, queuedAt }) =>
      JSON.stringify({
        ...{
          manifest,
          out,
          bucket,
          workload,
          kernel,
          round,
          requester_pays,
          image_memory,
        },
        ...{ batch, offset: Number(offset), length, queued_at: queuedAt },
      }),
    )
    .join('\n');
}
