/**
 * Wait for all to end, then throw the first failure if there was one: nothing goes on behind the caller's back.
 *
 * @param onFailure told of the first failure at once, to stop the others
 */
export async function settleAll(
  jobs: readonly Promise<unknown>[],
  onFailure?: (reason: unknown) => void,
): Promise<void> {
  const failures: unknown[] = [];
  const fail = (reason: unknown) => {
    failures.push(reason);
    if (failures.length === 1) onFailure?.(reason);
  };
  await Promise.all(jobs.map((job) => job.catch(fail)));
  if (failures.length > 0) throw failures[0];
}
