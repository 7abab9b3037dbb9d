import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { availableParallelism } from 'node:os';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import * as z from 'zod';
import { FanfleetError } from '../src/errors.ts';
import type { Contender } from './contender.ts';
import type { Job } from './job.ts';
import { BENCH } from './places.ts';
import { treeUsage } from './process-tree.ts';
import type { StatisticsRow } from './statistics-row.ts';

const ranSchema = z.object({ images: z.int().positive(), seconds: z.number().positive() });
const digestSchema = z.object({ digest: z.string() });
const factsSchema = z.object({ facts: z.record(z.string(), z.number()) });
const rowsSchema = z.object({ rows: z.array(z.array(z.number())) });

/** What one request took. */
export type Ran = {
  readonly images: number;
  /** As the contender says, of the images alone. */
  readonly seconds: number;
  /** User and system time of its processes, as the kernel counts it (in steps of 10 ms a process). */
  readonly cpuSeconds: number | undefined;
};

/** Lines of standard error that are kept to explain a failure. */
const STDERR_CHARACTERS = 4000;
/** What stands before a command so that it has no more cores than it is told to use, where the system can do that. */
function onCores(count: number): string[] {
  const confined = process.platform === 'linux' && count < availableParallelism();
  return confined ? ['taskset', '--cpu-list', `0-${count - 1}`] : [];
}

/** How long to wait for the last of what it said: its own children may keep its standard error open. */
const LAST_WORDS_MS = 5_000;
/** How long a process gets to end by itself: a cluster has to put its workers away. */
const STOP_MS = 15_000;

/** A contender at work. It stays for all rounds, so that imports, compilers and clusters are warm. */
export class ContenderProcess {
  readonly contender: Contender;
  readonly #child: ChildProcessByStdio<Writable, Readable, Readable>;
  readonly #answers: AsyncIterator<string>;
  readonly #closed: Promise<unknown>;
  #stderr = '';

  private constructor(contender: Contender, job: Job<string>) {
    this.contender = contender;
    const [program = '', ...parameters] = [...onCores(job.threads), ...contender.command(job)];
    this.#child = spawn(program, parameters, {
      cwd: BENCH,
      env: { ...process.env, ...contender.env },
      stdio: ['pipe', 'pipe', 'pipe'],
      // A group of its own, which can be ended as one.
      detached: true,
    });
    // A benchmark that is broken off takes it along, also while it does not look at its standard input yet.
    process.once('exit', this.#killAll);
    this.#closed = once(this.#child, 'close').catch(() => {});
    this.#child.on('error', (error) => this.#note(error.message));
    this.#child.stdin.on('error', () => {}); // told by the missing answer
    this.#child.stderr.setEncoding('utf8').on('data', (text) => this.#note(text));
    this.#answers = createInterface({ input: this.#child.stdout })[Symbol.asyncIterator]();
  }

  /**
   * Start it and wait until it has read its images.
   *
   * @throws FanfleetError `CONTENDER_FAILED` with the last of what it said
   */
  static async start(contender: Contender, job: Job<string>): Promise<ContenderProcess> {
    const started = new ContenderProcess(contender, job);
    try {
      await started.#answer(z.object({ ready: z.literal(true) }));
      return started;
    } catch (reason) {
      await started.stop();
      throw reason;
    }
  }

  /** Do all images `passes` times. */
  async run(passes: number): Promise<Ran> {
    const before = treeUsage(this.#pid);
    const ran = await this.#ask(`run ${passes}`, ranSchema);
    const after = treeUsage(this.#pid);
    return { ...ran, cpuSeconds: before && after ? after.cpuSeconds - before.cpuSeconds : undefined };
  }

  /** SHA-256 over the results of the last pass. */
  async digest(): Promise<string> {
    return (await this.#ask('digest', digestSchema)).digest;
  }

  async rows(): Promise<readonly StatisticsRow[]> {
    return (await this.#ask('rows', rowsSchema)).rows;
  }

  /** What a contender that tells facts says of its last pass. */
  async facts(): Promise<Readonly<Record<string, number>>> {
    return (await this.#ask('facts', factsSchema)).facts;
  }

  /** The most memory that its processes have had so far, in bytes. */
  peakBytes(): number | undefined {
    return treeUsage(this.#pid)?.peakBytes;
  }

  /** End it and all that it started. */
  async stop(): Promise<void> {
    const child = this.#child;
    if (child.pid === undefined) return;
    if (child.exitCode === null && child.signalCode === null) {
      const ended = once(child, 'exit', { signal: AbortSignal.timeout(STOP_MS) });
      child.stdin.end();
      await ended.catch(() => {});
    }
    this.#killAll();
    process.off('exit', this.#killAll);
  }

  readonly #killAll = (): void => {
    if (this.#child.pid === undefined) return;
    try {
      process.kill(-this.#child.pid, 'SIGKILL');
    } catch {
      // nothing of the group is left
    }
  };

  get #pid(): number {
    return this.#child.pid ?? 0;
  }

  #note(text: string): void {
    this.#stderr = (this.#stderr + text).slice(-STDERR_CHARACTERS);
  }

  #ask<T>(request: string, schema: z.ZodType<T>): Promise<T> {
    this.#child.stdin.write(`${request}\n`);
    return this.#answer(schema);
  }

  async #answer<T>(schema: z.ZodType<T>): Promise<T> {
    const { value, done } = await this.#answers.next();
    if (done) {
      await Promise.race([this.#closed, sleep(LAST_WORDS_MS, undefined, { ref: false })]);
      const said = this.#stderr.trim().split('\n').slice(-12).join('\n');
      throw new FanfleetError(
        'CONTENDER_FAILED',
        `Expected an answer of ${this.contender.name} but it ended: ${said}`,
        { source: 'internal' },
      );
    }
    return schema.parse(JSON.parse(value));
  }
}
