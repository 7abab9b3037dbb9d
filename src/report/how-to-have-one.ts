import { kernelDifference } from '../contract/one-kernel.ts';

/** Where several runs measured with different kernels: how they can all have one. */
export function howToHaveOne(kernels: readonly string[]): string {
  const { programs, leftTo } = kernelDifference(kernels);
  const said: string[] = [];
  if (programs || !leftTo) {
    said.push(
      '`--kernel native` is one program everywhere; `portable` is one in functions and engine grpc, and another one in the other engines.',
    );
  }
  if (leftTo) {
    said.push(
      'Images that a kernel has no decoder for were left to one of the language: functions and engine grpc share that one, the other engines have another.',
    );
  }
  return said.join(' ');
}
