import { describe, expect, it } from 'vitest';
import type { Arm } from '../../../src/contract/arm.ts';
import { resolveKernel } from '../../../src/run/kernel.ts';
import { resolveRun } from '../../../src/run/run.ts';
import { DEPLOYMENT } from '../../support/deployment.ts';

const BOTH: Arm[] = ['serverless', 'fleet'];
const ON_X64 = { arms: BOTH, instanceTypes: ['t3.medium'] };
const nowhere = { packedFor: [], functions: 'arm64' };
const ofFunctions = { packedFor: ['arm64'], functions: 'arm64' };
const everywhere = { packedFor: ['arm64', 'x64'], functions: 'arm64' };

describe('resolveKernel', () => {
  it('leaves auto and native as they are where every arm has the native kernel', () => {
    for (const asked of ['auto', 'native'] as const) {
      expect(resolveKernel(asked, ON_X64, everywhere)).toEqual({ kernel: asked, kernelNote: null });
    }
  });

  it('makes auto the portable kernel of both arms where one of them has no other, and says what to do', () => {
    expect(resolveKernel('auto', ON_X64, ofFunctions)).toEqual({
      kernel: 'portable',
      kernelNote:
        'no native kernel was packed for instances with x64: `npm run build:native -- linux-x64`, and deploy again',
    });
    expect(resolveKernel('auto', ON_X64, nowhere).kernelNote).toBe(
      'no native kernel was packed for functions on arm64 and instances with x64: `npm run build:native -- linux-arm64` and `npm run build:native -- linux-x64`, and deploy again',
    );
  });

  it('looks only at the arms that run, and at the processor of the instances', () => {
    const graviton = { arms: BOTH, instanceTypes: ['c7g.large'] };
    expect(resolveKernel('auto', graviton, ofFunctions).kernel).toBe('auto');
    expect(resolveKernel('auto', { ...ON_X64, arms: ['serverless'] }, ofFunctions).kernel).toBe('auto');
    expect(resolveKernel('auto', { ...ON_X64, arms: ['fleet'] }, ofFunctions).kernel).toBe('portable');
  });

  it('refuses the native kernel that an arm does not have, and says what to do', () => {
    expect(() => resolveKernel('native', ON_X64, ofFunctions)).toThrow(
      '[INVALID_INPUT] The execution input is not valid. Expected "auto" or "portable", since no native kernel was packed for instances with x64 (or `npm run build:native -- linux-x64`, and deploy again), for `kernel` but received "native".',
    );
  });

  it('gives the portable kernel whatever there is', () => {
    for (const native of [nowhere, everywhere]) {
      expect(resolveKernel('portable', ON_X64, native)).toEqual({ kernel: 'portable', kernelNote: null });
    }
  });
});

it('a run has the kernel that its request and its stack make', () => {
  const kernelOf = (kernel: string | undefined, packedFor: string[]) => {
    const nativeKernels = { packedFor, functions: 'x64' };
    return resolveRun({ prefix: 'x/', kernel }, 'r', 5, { ...DEPLOYMENT, nativeKernels }).kernel;
  };
  expect(kernelOf(undefined, ['x64'])).toBe('auto');
  expect(kernelOf(undefined, [])).toBe('portable');
  expect(kernelOf('native', ['x64'])).toBe('native');
  expect(() => kernelOf('native', [''])).toThrow('for `kernel`');
  expect(() => kernelOf('sharp', ['x64'])).toThrow('for `kernel`');
});
