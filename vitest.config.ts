import { defineConfig } from 'vitest/config';
import { LongestFirst } from './scripts/tests/longest-first.ts';
import { IS_FULL } from './test/support/full-only.ts';

/** Files that start services: they wait as much as they compute, whatever the machine has. */
const AT_ONCE = 2;
/**
 * What is waited for comes, but on a busy machine not within the second that is the default. A look often asks a service, which
 * takes processors that the work itself wants: so a third as often as by default.
 */
const expect = { poll: { timeout: 30_000, interval: 150 } };
/**
 * Tests of real processes on a machine that others share: one that fails is run again, and is told as flaky with its
 * first error if it passes then. Tests that compute get no second try.
 */
const RETRY = 1;
/** To load the modules anew for each file takes as much of the processors as many a test. */
const IS_ISOLATED = false;
/** A stack for all files of a project. */
const STACK = 'test/e2e/support/global-setup.ts';

export default defineConfig({
  test: {
    teardownTimeout: 60_000,
    // By default a processor is left free: of two, that is one half.
    maxWorkers: '100%',
    sequence: { sequencer: LongestFirst },
    reporters: ['default', './test/support/count-reporter.ts'],
    projects: [
      {
        test: {
          name: 'unit',
          // Less than a test has: what did not come is told, and not only that it took too long.
          expect: { poll: { timeout: 60_000 } },
          include: ['test/unit/**/*.test.ts'],
          // Properties take seconds of processor time, and other lanes may leave them a tenth of one.
          testTimeout: 180_000,
          hookTimeout: 180_000,
          isolate: IS_ISOLATED,
        },
      },
      {
        test: {
          name: 'browser',
          retry: RETRY,
          include: ['test/browser/**/*.test.ts'],
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
      {
        test: {
          name: 'integration',
          retry: RETRY,
          expect,
          include: ['test/integration/**/*.test.ts'],
          testTimeout: 120_000,
          hookTimeout: 120_000,
          isolate: IS_ISOLATED,
          maxWorkers: AT_ONCE,
          sequence: { groupOrder: 1 },
        },
      },
      {
        test: {
          name: 'own-stack',
          retry: RETRY,
          expect,
          include: ['test/e2e/own-stack/*.test.ts'],
          testTimeout: 600_000,
          hookTimeout: 600_000,
          maxWorkers: AT_ONCE,
          sequence: { groupOrder: 1 },
        },
      },
      {
        test: {
          name: 'e2e',
          retry: RETRY,
          expect,
          globalSetup: [STACK],
          include: ['test/e2e/*.test.ts'],
          testTimeout: 600_000,
          hookTimeout: 600_000,
          maxWorkers: AT_ONCE,
          // With every engine a fleet may take 2 GiB, and there is another file beside it.
          maxConcurrency: IS_FULL ? 1 : 2,
          sequence: { groupOrder: 1 },
        },
      },
      {
        test: {
          name: 'alone',
          retry: RETRY,
          expect,
          globalSetup: [STACK],
          include: ['test/e2e/alone/*.test.ts'],
          testTimeout: 600_000,
          hookTimeout: 600_000,
          fileParallelism: false,
        },
      },
    ],
  },
});
