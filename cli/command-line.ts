import { join } from 'node:path';
import { CommanderError } from 'commander';
import { FanfleetError } from '../src/errors.ts';
import { printableLines } from '../src/format.ts';
import type { Act } from './act.ts';
import { EXIT, exitCodeOfError } from './exit-code.ts';
import { createIo, type Io } from './io.ts';
import { createProgram } from './program.ts';
import { readShell } from './shell.ts';

const root = join(import.meta.dirname, '..');
const abort = new AbortController();
let signalled: number | undefined;
for (const [signal, code] of [
  ['SIGINT', EXIT.SIGINT],
  ['SIGTERM', EXIT.SIGTERM],
] as const) {
  process.on(signal, () => {
    signalled ??= code;
    abort.abort(new FanfleetError(signal, 'Stopped by a signal.', { source: 'user' }));
  });
}

/** What the process ends with where stdout takes no more. */
let closed: number | undefined;
process.stdout.on('error', (cause: NodeJS.ErrnoException) => {
  const why = `Expected to write the results to stdout but got: ${cause.message}.`;
  const error = new FanfleetError('OUTPUT_UNWRITABLE', why, { cause, source: 'user' });
  const isPipe = cause.code === 'EPIPE';
  // The reader of a pipe has what it wants: that is no fault to speak of.
  if (closed === undefined && !isPipe) process.stderr.write(`fanfleet: ${error.message}\n`);
  closed ??= isPipe ? EXIT.SIGPIPE : exitCodeOfError(error);
  process.exitCode = closed;
  abort.abort(error);
});
// What is going on may be of no interest any more; the work goes on.
process.stderr.on('error', () => {});

const act: Act = async (work) => {
  const io = openIo();
  const { stage } = program.opts<{ stage: string }>();
  try {
    const shell = readShell();
    const home = shell.FANFLEET_HOME ?? join(root, '.fanfleet');
    const outcome = await work({ io, root, home, shell, stage, signal: abort.signal });
    io.result(outcome);
    process.exitCode = outcome.exitCode ?? EXIT.OK;
  } catch (reason) {
    if (closed !== undefined) return;
    const error = FanfleetError.from(reason);
    fail(io, error);
    process.exitCode = signalled ?? exitCodeOfError(error);
  }
};

function openIo(): Io {
  const { json = false } = program.opts<{ json?: boolean }>();
  return createIo({ stdout: process.stdout, stderr: process.stderr, json, now: Date.now });
}

/** The error object on stdout with `--json`; the message on stderr, unless it has been said there already. */
function fail(io: Io, error: FanfleetError, said = false): void {
  const { code, source, message } = error;
  io.result({ json: { error: { code, source, message } }, text: '' });
  if (!said) io.note(printableLines(`fanfleet: ${message}`));
  if (source === 'internal' && error.stack !== undefined) io.note(error.stack);
}

const program = createProgram(act);
program.exitOverride();
for (const command of program.commands) {
  command.exitOverride();
  for (const child of command.commands) child.exitOverride();
}
try {
  await program.parseAsync();
} catch (error) {
  if (!(error instanceof CommanderError)) throw error;
  // Commander has said what was wrong already; help and version are no error.
  process.exitCode = error.exitCode === 0 ? EXIT.OK : EXIT.USAGE;
  if (error.exitCode !== 0) {
    const said = error.message.replace(/^error: /, '');
    const message = error.code === 'commander.help' ? 'Expected a command but received none.' : said;
    fail(openIo(), new FanfleetError('USAGE', message, { source: 'user' }), true);
  }
}
