import { FanfleetError } from '../src/errors.ts';

/** What the exit code of `fanfleet` says; docs/cli.md has the table. */
export const EXIT = {
  OK: 0,
  /** What the caller set as a limit is passed: B is slower, or a regression. */
  THRESHOLD_MISSED: 1,
  USAGE: 2,
  FAILED_ITEMS: 3,
  ARMS_DISAGREE: 4,
  ARM_FAILED: 5,
  AWS: 7,
  INTERNAL: 70,
  SIGINT: 130,
  /** Whoever read the output does not want any more of it. */
  SIGPIPE: 141,
  SIGTERM: 143,
} as const;
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** The outcome of a run that reached its report. The gravest comes first. */
export function exitCodeOf(outcome: {
  readonly failedArms: number;
  readonly digestsEqual: boolean | null;
  readonly failedItems: number;
}): ExitCode {
  if (outcome.digestsEqual === false) return EXIT.ARMS_DISAGREE;
  if (outcome.failedArms > 0) return EXIT.ARM_FAILED;
  return outcome.failedItems > 0 ? EXIT.FAILED_ITEMS : EXIT.OK;
}

export function exitCodeOfError(reason: unknown): ExitCode {
  const { source } = FanfleetError.from(reason);
  if (source === 'user') return EXIT.USAGE;
  return source === 'aws' ? EXIT.AWS : EXIT.INTERNAL;
}
