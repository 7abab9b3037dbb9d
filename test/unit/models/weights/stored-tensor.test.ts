import { expect, it } from 'vitest';
import { numbersIn } from '../../../../src/models/weights/stored-tensor.ts';

it.each([
  ['float32', '0000c03f', [1.5]],
  ['float64', '000000000000f83f', [1.5]],
  ['float16', '003e00c0', [1.5, -2]],
  ['bfloat16', 'c03f00c0', [1.5, -2]],
] as const)('reads %s', (type, hex, expected) => {
  // Not where numbers could begin.
  const bytes = Buffer.concat([Buffer.alloc(1), Buffer.from(hex, 'hex')]).subarray(1);
  expect([...numbersIn(bytes, type)]).toEqual(expected);
});
