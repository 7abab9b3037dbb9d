/**
 * Whether all that is compared was measured by one program, so that a difference of times says something of what else differs.
 *
 * Kernels are told apart by their names (`programName`): `native` is one library, whichever language calls it, while `sharp` and `pillow`
 * give the same rows by different programs. What was measured by several kernels has no one program, whatever the other side has.
 *
 * @param compared the names of the kernels that measured each; none where nothing tells, which shows nothing
 */
export function isOneKernel(compared: readonly (readonly string[])[]): boolean {
  const names = new Set(compared.flat());
  return names.size === 1 && compared.every(({ length }) => length > 0);
}

/** What a kernel may leave to another one and still be the same program: a hundredth of the images. */
const MOST_LEFT = 0.01;

/** How many images a kernel left to other ones, by their names. */
export type LeftImages = Readonly<Record<string, number>>;

/**
 * The name of a kernel with those that it left more than a hundredth of its images to, since it has no decoder for them:
 * `native+pillow`. That is another program than `native+sharp`.
 */
export function programName(kernel: string, left: LeftImages, images: number): string {
  const all = Object.values(left).reduce((sum, count) => sum + count, 0);
  return all > MOST_LEFT * images ? [kernel, ...Object.keys(left).sort()].join('+') : kernel;
}

/** @returns those of both together */
export function addLeft(left: LeftImages, more: LeftImages): LeftImages {
  const sum = { ...left };
  for (const [kernel, count] of Object.entries(more)) sum[kernel] = (sum[kernel] ?? 0) + count;
  return sum;
}

/** In what kernels differ: in their own programs, in those that they left images to, or in both. */
export interface KernelDifference {
  readonly programs: boolean;
  readonly leftTo: boolean;
}

/** In what kernels differ by their names (`programName`): `wasm+sharp` and `pillow` in both, `native+sharp` and `wasm+sharp` in one. */
export function kernelDifference(kernels: readonly string[]): KernelDifference {
  const differ = (names: readonly string[]) => new Set(names).size > 1;
  return {
    programs: differ(kernels.map(ownProgram)),
    leftTo: differ(kernels.map(othersOf)),
  };
}

/**
 * Whether an arm was measured by the program of the single-thread run. That may have had a sample without the images that are
 * left to another kernel: then it is by its own program that it is the same.
 *
 * @param kernels those of the arm @param single that of the single-thread run
 */
export function isKernelOfSingleThread(kernels: readonly string[], single: string): boolean {
  const leftTo = [...kernels, single].map(othersOf).filter((others) => others !== '');
  return isOneKernel([kernels.map(ownProgram), [ownProgram(single)]]) && new Set(leftTo).size <= 1;
}

/** The name without what the kernel left images to. */
function ownProgram(kernel: string): string {
  return kernel.split('+')[0] ?? kernel;
}

function othersOf(kernel: string): string {
  return kernel.slice(ownProgram(kernel).length);
}
