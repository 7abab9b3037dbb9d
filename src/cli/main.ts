#!/usr/bin/env node
import { join } from 'node:path';
import { CommanderError } from 'commander';
import { readShell } from '../environment.ts';
import { FanfleetError } from '../errors.ts';
import { EXIT, exitCodeOfError } from './exit-code.ts';
import { createIo } from './io.ts';
import { type Act, createProgram } from './program.ts';

const root = join(import.meta.dirname, '../..');
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

const act: Act = async (work) => {
  const { json = false, stage } = program.opts<{ json?: boolean; stage: string }>();
  const io = createIo({ stdout: process.stdout, stderr: process.stderr, json, now: Date.now });
  try {
    const shell = readShell();
    const home = shell.FANFLEET_HOME ?? join(root, '.fanfleet');
    const outcome = await work({ io, root, home, shell, stage, signal: abort.signal });
    io.result(outcome);
    process.exitCode = outcome.exitCode ?? EXIT.OK;
  } catch (reason) {
    const error = FanfleetError.from(reason);
    const { code, source, message } = error;
    if (json) io.result({ json: { error: { code, source, message } }, text: '' });
    io.note(`fanfleet: ${message}`);
    if (source === 'internal' && error.stack !== undefined) io.note(error.stack);
    process.exitCode = signalled ?? exitCodeOfError(error);
  }
};

const program = createProgram(act);
program.exitOverride();
for (const command of program.commands) {
  command.exitOverride();
  for (const child of command.commands) child.exitOverride();
}
try {
  await program.parseAsync();
} catch (error) {
  if (error instanceof CommanderError) {
    // Commander has said what was wrong already; help and version are no error.
    process.exitCode = error.exitCode === 0 ? EXIT.OK : EXIT.USAGE;
  } else {
    const { message } = FanfleetError.from(error);
    process.stderr.write(`fanfleet: ${message}\n`);
    process.exitCode = exitCodeOfError(error);
  }
}
