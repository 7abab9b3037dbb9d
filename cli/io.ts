import { once } from 'node:events';
import { isDeep } from '../src/contract/row.ts';
import { exactJson } from '../src/exact-json.ts';

/** Where a command speaks: results on stdout, everything else on stderr. */
export interface Io {
  /**
   * The outcome of the command: one JSON object with `--json`, else the text. Called once. Where there were `rows`, it is
   * the rest of their object.
   */
  result(value: { readonly json: unknown; readonly text: string }): void;
  /**
   * Rows of the outcome, as they are done: lines of JSON; with `--json` elements of the field `rows`. Resolves when
   * stdout can take more.
   *
   * @param head the fields of the object before its rows; only those of the first call count
   */
  rows(head: object, rows: readonly object[]): Promise<void>;
  /** A line about what is being done. */
  note(text: string): void;
  /** What is going on now, in one line or several; the next one replaces it. */
  progress(text: string): void;
  /** What was going on is done: the last line about it is there, too. */
  endProgress(): void;
}

export interface IoOptions {
  readonly stdout: NodeJS.WritableStream;
  readonly stderr: NodeJS.WritableStream & {
    readonly isTTY?: boolean;
    readonly columns?: number;
    readonly rows?: number;
  };
  readonly json: boolean;
  readonly now: () => number;
}

/** Where there is no terminal, a line of progress is written so often at most. */
const PLAIN_PROGRESS_MS = 5_000;

export function createIo({ stdout, stderr, json, now }: IoOptions): Io {
  const live = stderr.isTTY === true;
  /** Lines of progress that stand on the terminal, with the cursor at the end of the last one. */
  let shown = 0;
  let last = 0;
  /** The line of progress that it was too soon for. */
  let unsaid: string | undefined;
  let hasRows = false;
  const toFirstLine = () => (shown > 1 ? `\u001b[${shown - 1}A\r` : '\r');
  const clear = () => {
    if (shown > 0) stderr.write(`${toFirstLine()}\u001b[J`);
    shown = 0;
  };
  return {
    result({ json: value, text }) {
      clear();
      const whole = json ? JSON.stringify(value) : text;
      const output = json && hasRows ? `],${whole.slice(1)}` : whole;
      stdout.write(output.endsWith('\n') || output === '' ? output : `${output}\n`);
    },
    async rows(head, rows) {
      if (rows.length === 0) return;
      clear();
      const lines = rows.map((row) => (isDeep(row) ? exactJson(row) : JSON.stringify(row)));
      const begin = hasRows ? ',' : `${JSON.stringify(head).slice(0, -1)},"rows":[`;
      hasRows = true;
      const output = json ? begin + lines.join(',') : `${lines.join('\n')}\n`;
      if (!stdout.write(output)) await once(stdout, 'drain');
    },
    note(text) {
      clear();
      stderr.write(`${text}\n`);
    },
    progress(text) {
      if (live) {
        const lines = fitted(text.split('\n'), stderr.columns, stderr.rows);
        // Each line is written over the one before and what is left of that is cleared: cleared first, it would flicker.
        stderr.write(`${toFirstLine()}${lines.join('\u001b[K\n')}\u001b[J`);
        shown = lines.length;
      } else if (now() - last >= PLAIN_PROGRESS_MS) {
        last = now();
        unsaid = undefined;
        stderr.write(`${text}\n`);
      } else {
        unsaid = text;
      }
    },
    endProgress() {
      if (unsaid !== undefined) stderr.write(`${unsaid}\n`);
      unsaid = undefined;
      last = 0;
    },
  };
}

/** What the terminal can show: a line that is broken, or scrolls out of sight, could not be written over again. */
function fitted(lines: readonly string[], columns = Number.POSITIVE_INFINITY, rows = 24): readonly string[] {
  const left = lines.length - rows + 1;
  const shown = lines.length < rows ? lines : [...lines.slice(0, rows - 2), `… ${left + 1} more lines`];
  return shown.map((line) => (line.length < columns ? line : `${line.slice(0, columns - 2)}…`));
}
