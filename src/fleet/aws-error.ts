/** Whether AWS answered with one of these codes. */
export function awsErrorIs(error: unknown, ...codes: readonly string[]): boolean {
  return error instanceof Error && codes.includes(error.name);
}
