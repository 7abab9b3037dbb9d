import { InvalidArgumentError } from 'commander';
import { describe, expect, it } from 'vitest';
import { byteSize } from '../../../cli/byte-size.ts';

const parse = byteSize({ min: 1, max: 2 ** 32 });

describe('byteSize', () => {
  it.each([
    ['67108864', 67_108_864],
    ['64MiB', 67_108_864],
    ['64 mib', 67_108_864],
    ['1.5GB', 1_500_000_000],
    ['2KiB', 2_048],
    ['3kB', 3_000],
    ['7B', 7],
    ['1GiB', 2 ** 30],
  ])('reads %s', (text, bytes) => {
    expect(parse(text)).toBe(bytes);
  });

  it.each(['', 'MiB', '64M', '-1', '1e6', '0x10', '0', '5GiB', '64MiB!'])('refuses %j', (text) => {
    expect(() => parse(text)).toThrow(InvalidArgumentError);
  });
});
