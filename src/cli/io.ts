/** Where a command speaks: results on stdout, everything else on stderr. */
export interface Io {
  /** The outcome of the command: one JSON object with `--json`, else the text. Called once. */
  result(value: { readonly json: unknown; readonly text: string }): void;
  /** A line about what is being done. */
  note(text: string): void;
  /** What is going on now; the next one replaces it. */
  progress(text: string): void;
}

export interface IoOptions {
  readonly stdout: NodeJS.WritableStream;
  readonly stderr: NodeJS.WritableStream & { readonly isTTY?: boolean };
  readonly json: boolean;
  readonly now: () => number;
}

/** Where there is no terminal, a line of progress is written so often at most. */
const PLAIN_PROGRESS_MS = 5_000;

export function createIo({ stdout, stderr, json, now }: IoOptions): Io {
  const live = stderr.isTTY === true;
  let shown = false;
  let last = 0;
  const clear = () => {
    if (shown) stderr.write('\r\u001b[K');
    shown = false;
  };
  return {
    result({ json: value, text }) {
      clear();
      const output = json ? JSON.stringify(value) : text;
      stdout.write(output.endsWith('\n') || output === '' ? output : `${output}\n`);
    },
    note(text) {
      clear();
      stderr.write(`${text}\n`);
    },
    progress(text) {
      if (live) {
        stderr.write(`\r\u001b[K${text}`);
        shown = true;
      } else if (now() - last >= PLAIN_PROGRESS_MS) {
        last = now();
        stderr.write(`${text}\n`);
      }
    },
  };
}
