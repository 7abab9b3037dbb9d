import { fileURLToPath } from 'node:url';
import type { Part } from './part.ts';

const VITEST = fileURLToPath(new URL('../../node_modules/vitest/vitest.mjs', import.meta.url));

const vitest = (name: string, ...projects: string[]): Part => ({
  name,
  command: [process.execPath, VITEST, 'run', ...projects.flatMap((project) => ['--project', project])],
  counts: true,
});

/**
 * All tests, in lanes that run side by side, the parts of a lane one after the other. Tests of a whole stack wait for
 * hosts, deadlines and schedules half of their time, and one after the other since they share the stack: what computes
 * fills the rest of the processors.
 */
export const LANES: readonly (readonly Part[])[] = [
  [vitest('e2e', 'e2e')],
  [
    { name: 'check', command: ['npm', 'run', '--silent', 'check'], counts: false },
    { name: 'python', command: ['npm', 'run', '--silent', 'test:python'], counts: true },
    vitest('unit', 'unit', 'browser'),
    vitest('integration', 'integration'),
  ],
];
