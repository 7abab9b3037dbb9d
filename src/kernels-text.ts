/** What measured, in words: `native`, `native and pillow`. */
export function kernelsText(kernels: readonly string[]): string {
  if (kernels.length === 0) return 'a kernel that nothing tells of';
  return kernels.join(' and ');
}

/** What measured one side of a comparison. */
export interface ArmKernels {
  readonly arm: string;
  readonly kernels: readonly string[];
}

/** The kernels of the arms in words: `the serverless arm measured with native, the fleet arm with pillow`. */
export function kernelsOfArms(arms: readonly ArmKernels[]): string {
  return arms
    .map(({ arm, kernels }, i) => `the ${arm} arm ${i === 0 ? 'measured ' : ''}with ${kernelsText(kernels)}`)
    .join(', ');
}
