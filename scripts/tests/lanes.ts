import { fileURLToPath } from 'node:url';
import type { Part } from './part.ts';

const PYTHON = fileURLToPath(new URL('../../.venv/bin/python', import.meta.url));
const END_ALL = fileURLToPath(new URL('end_all.py', import.meta.url));
/** Seconds that a service has to end its hosts. */
const GRACE = 20;
const VITEST = fileURLToPath(new URL('../../node_modules/vitest/vitest.mjs', import.meta.url));

/** A part that leaves nothing: services outlive tests that are broken off. */
const part = (name: string, counts: boolean, ...command: string[]): Part => ({
  name,
  command: [PYTHON, '-B', END_ALL, String(GRACE), ...command],
  counts,
});
const vitest = (name: string, ...projects: string[]): Part =>
  part(name, true, process.execPath, VITEST, 'run', ...projects.flatMap((each) => ['--project', each]));
const script = (name: string, counts: boolean, run: string): Part =>
  part(name, counts, 'npm', 'run', '--silent', run);

/**
 * All tests, in lanes that run side by side, the parts of a lane one after the other. Tests of a whole stack wait for hosts
 * and deadlines half of their time, those in Python for processes: what computes fills the rest of the processors, and
 * lanes are to end at about the same time. Those in `alone` strike, measure or count all that runs on a stack, so they have
 * one to themselves.
 */
export const LANES: readonly (readonly Part[])[] = [
  [vitest('e2e', 'e2e')],
  [
    script('check', false, 'check'),
    vitest('unit', 'unit', 'browser'),
    vitest('integration', 'own-stack', 'integration'),
  ],
  [script('python', true, 'test:python'), vitest('alone', 'alone')],
];
