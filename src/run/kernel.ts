import { architecture, CPUS } from '../contract/architecture.ts';
import type { Arm } from '../contract/arm.ts';
import type { KernelChoice } from '../contract/kernel-choice.ts';
import { invalidInput, problemOf } from '../invalid-input.ts';

/** Where a stack has the native kernel. Processors have the names of Node: `x64`, `arm64`. */
export interface NativeKernels {
  /** The processors that it was packed for, for functions and for the bundle of the fleets alike. */
  readonly packedFor: readonly string[];
  /** The processor of the functions. */
  readonly functions: string;
}

/** What of a run says where it measures. */
export interface Places {
  readonly arms: readonly Arm[];
  readonly instanceTypes: readonly string[];
}

/** What workers are told, and why it is not the native kernel where nobody asked for another. */
export interface ResolvedKernel {
  readonly kernel: KernelChoice;
  readonly kernelNote: string | null;
}

/**
 * One kernel for all arms of a run, so that what differs between them is not the program. `auto` is the native kernel if every
 * arm has it, and else the portable one everywhere: a run with the native kernel on one side would be faster, and say nothing.
 *
 * @throws FanfleetError `INVALID_INPUT` if the native kernel is asked for and an arm has none
 */
export function resolveKernel(asked: KernelChoice, run: Places, native: NativeKernels): ResolvedKernel {
  if (asked === 'portable') return { kernel: asked, kernelNote: null };
  const missing = placesWithout(run, native);
  if (missing.length === 0) return { kernel: asked, kernelNote: null };
  const places = missing.map(({ place }) => place).join(' and ');
  const builds = [
    ...new Set(missing.map(({ processor }) => `\`npm run build:native -- linux-${processor}\``)),
  ];
  const remedy = `${builds.join(' and ')}, and deploy again`;
  if (asked === 'auto') {
    return { kernel: 'portable', kernelNote: `no native kernel was packed for ${places}: ${remedy}` };
  }
  const expected = `"auto" or "portable", since no native kernel was packed for ${places} (or ${remedy}),`;
  throw invalidInput('The execution input', [problemOf(expected, 'kernel', asked)]);
}

function placesWithout({ arms, instanceTypes }: Places, native: NativeKernels) {
  // All types of a run are of one processor.
  const [type = ''] = instanceTypes;
  const places = {
    serverless: { processor: native.functions, place: `functions on ${native.functions}` },
    fleet: { processor: CPUS[architecture(type)], place: `instances with ${CPUS[architecture(type)]}` },
  };
  return [...new Set(arms)]
    .map((arm) => places[arm])
    .filter(({ processor }) => !native.packedFor.includes(processor));
}
