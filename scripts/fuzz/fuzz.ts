import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { Counts, Finding, Line, Task } from './report.ts';

const PROCESS = fileURLToPath(new URL('./process.ts', import.meta.url));
/** Of the standard error of a process. */
const KEPT_CHARACTERS = 16_000;
const TOLD_CHARACTERS = 1_500;
/** Enough to see that something is broken. */
const MOST_CRASHES = 20;

/** Has glibc give memory back, so that a leak is not lost in what it keeps for later. */
const STEADY_MALLOC = {
  MALLOC_ARENA_MAX: '1',
  MALLOC_MMAP_THRESHOLD_: '65536',
  MALLOC_TRIM_THRESHOLD_: '65536',
};

export type FuzzSettings = Omit<Task, 'from' | 'to' | 'atOnce'> & {
  readonly from: number;
  readonly to: number;
  /** Inputs measured in one call. @default 64 */
  readonly atOnce?: number;
  /** Milliseconds that one call may take. @default 60,000 */
  readonly limitMs?: number;
  /** Bytes that the process may have more at its end than after half of the inputs. @default 32 MiB */
  readonly growthBytes?: number;
  /** Added to the environment of the processes, as `LD_PRELOAD`. */
  readonly env?: NodeJS.ProcessEnv;
  /** Told how far it is. */
  readonly onProgress?: (at: number, rssBytes: number) => void;
};

export type FuzzReport = { readonly findings: readonly Finding[]; readonly counts: Counts };

/**
 * Measure generated inputs in a process of its own. Where that dies or hangs, the input that is to blame is found by
 * giving those of the call to a process one by one, and the rest goes on in a new process.
 */
export async function fuzz(settings: FuzzSettings): Promise<FuzzReport> {
  const { from, to, atOnce = 64, limitMs = 60_000, growthBytes = 32 * 2 ** 20 } = settings;
  const findings: Finding[] = [];
  const parts: Counts[] = [];
  for (let start = from; start < to && findings.length < MOST_CRASHES; ) {
    const end = await run({ ...settings, from: start, to, atOnce }, limitMs, settings);
    findings.push(...end.findings);
    parts.push(end.counts);
    if (end.complete) {
      findings.push(...leaks(end.memory, growthBytes));
      break;
    }
    const next = Math.min(end.at + atOnce, to);
    if (atOnce === 1) {
      findings.push(blamed(end));
    } else {
      const alone = await oneByOne({ ...settings, from: end.at, to: next });
      parts.push(alone.counts);
      const together = { ...blamed(end), detail: `only together: ${end.how}` };
      findings.push(...(alone.findings.some(isDeath) ? alone.findings : [together]));
    }
    start = next;
  }
  return { findings, counts: total(parts) };
}

/** How a process ended: after all inputs, or in the call that begins at one. */
type End = {
  readonly at: number;
  readonly hung: boolean;
  readonly how: string;
  readonly findings: readonly Finding[];
  readonly memory: readonly number[];
  readonly counts: Counts;
  readonly complete: boolean;
};

async function run(task: Task, limitMs: number, { env, onProgress }: FuzzSettings): Promise<End> {
  const { folder, seed, from, to, atOnce, normaliseEvery, compareEvery, addon } = task;
  const argument: Task = { folder, seed, from, to, atOnce, normaliseEvery, compareEvery, addon };
  const child = spawn(process.execPath, ['--expose-gc', PROCESS, JSON.stringify(argument)], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...STEADY_MALLOC, ...env },
  });
  let errors = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    errors = (errors + text).slice(-KEPT_CHARACTERS);
  });
  const closed = new Promise<string>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => resolve(`ended with ${signal ?? code}`));
  });
  let [at, hung] = [from, false];
  let counts = total([]);
  const [findings, memory]: [Finding[], number[]] = [[], []];
  const kill = () => {
    hung = true;
    child.kill('SIGKILL');
  };
  let guard = setTimeout(kill, limitMs);
  for await (const text of createInterface({ input: child.stdout })) {
    const line: Line = JSON.parse(text);
    clearTimeout(guard);
    guard = setTimeout(kill, limitMs);
    if ('finding' in line) findings.push(line.finding);
    else {
      ({ at, counts } = line);
      if (line.rssBytes !== undefined) {
        memory.push(line.rssBytes);
        onProgress?.(at, line.rssBytes);
      }
    }
  }
  const how = await closed;
  clearTimeout(guard);
  const complete = at === to && how === 'ended with 0';
  return { at, hung, how: `${how} ${verdictOf(errors)}`.trim(), findings, memory, counts, complete };
}

/** From where a sanitizer or Node says what happened, else the end. */
function verdictOf(errors: string): string {
  const start = errors.search(/ERROR: |FATAL ERROR|Error:/);
  return start < 0 ? errors.slice(-TOLD_CHARACTERS) : errors.slice(start, start + TOLD_CHARACTERS);
}

function oneByOne(settings: FuzzSettings): Promise<FuzzReport> {
  return fuzz({ ...settings, atOnce: 1, growthBytes: Number.POSITIVE_INFINITY, onProgress: () => {} });
}

function isDeath({ kind }: Finding): boolean {
  return kind === 'crash' || kind === 'hang';
}

function blamed({ at, hung, how }: End): Finding {
  return { kind: hung ? 'hang' : 'crash', number: at, detail: how };
}

/**
 * The least of the last looks is held against the least of those in the middle: all are after a garbage collection, and
 * the first half meets most of the large images, which set how much the allocators and the kernel keep.
 */
function leaks(memory: readonly number[], growthBytes: number): Finding[] {
  if (memory.length < 10) return [];
  const middle = Math.floor(memory.length / 2);
  const growth = Math.min(...memory.slice(-3)) - Math.min(...memory.slice(middle - 1, middle + 2));
  const detail = `${(growth / 2 ** 20).toFixed(1)} MiB more than after half of the inputs`;
  return growth > growthBytes ? [{ kind: 'leak', number: 0, detail }] : [];
}

function total(parts: readonly Counts[]): Counts {
  const refused: Record<string, number> = {};
  for (const part of parts) {
    for (const [code, count] of Object.entries(part.refused)) refused[code] = (refused[code] ?? 0) + count;
  }
  const sum = (of: (part: Counts) => number) => parts.reduce((all, part) => all + of(part), 0);
  return {
    decoded: sum((part) => part.decoded),
    measured: sum((part) => part.measured),
    normalised: sum((part) => part.normalised),
    tensors: sum((part) => part.tensors),
    compared: sum((part) => part.compared),
    refused,
  };
}
