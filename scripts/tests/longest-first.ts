import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Files that take a minute or several, the longest first. */
export const LONGEST: readonly string[] = [
  'test/e2e/fleet-faults.test.ts',
  'test/e2e/kept-fleet.test.ts',
  'test/e2e/faults.test.ts',
  'test/e2e/own-stack/nightly.test.ts',
  'test/e2e/own-stack/account-concurrency.test.ts',
  'test/e2e/own-stack/leftovers.test.ts',
  'test/e2e/own-stack/deploy-again.test.ts',
  'test/integration/fleet-engines.test.ts',
  'test/integration/kept-fleet.test.ts',
  'test/integration/grpc/jobs.test.ts',
  'test/integration/kept-stop.test.ts',
];

/**
 * Begins with the files that take the longest, so that others fill the time beside them. Without times of an earlier run,
 * as in a new clone, vitest would begin with the files that have the most text.
 */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const group = ({ project }: TestSpecification) => project.config.sequence.groupOrder;
    return (await super.sort(files)).toSorted(
      (a, b) => group(a) - group(b) || rankOf(a.moduleId) - rankOf(b.moduleId),
    );
  }
}

function rankOf(moduleId: string): number {
  const rank = LONGEST.findIndex((file) => moduleId.endsWith(`/${file}`));
  return rank === -1 ? LONGEST.length : rank;
}
