import { InvalidArgumentError } from 'commander';

const UNITS: Readonly<Record<string, number>> = {
  B: 1,
  KB: 1e3,
  MB: 1e6,
  GB: 1e9,
  KIB: 2 ** 10,
  MIB: 2 ** 20,
  GIB: 2 ** 30,
};

/**
 * A parser of sizes such as `64MiB`, `1.5 GB` or `67108864` for an option.
 *
 * @throws InvalidArgumentError which commander shows with the option's name
 */
export function byteSize({ min, max }: { readonly min: number; readonly max: number }) {
  return (value: string): number => {
    const [, digits = '', unit = ''] = /^(\d+(?:\.\d+)?)\s*([a-z]*)$/i.exec(value.trim()) ?? [];
    const factor = UNITS[unit.toUpperCase() || 'B'];
    if (digits === '' || factor === undefined) {
      throw new InvalidArgumentError('Expected a size such as 64MiB, 1GB or 67108864.');
    }
    const bytes = Math.floor(Number(digits) * factor);
    if (bytes >= min && bytes <= max) return bytes;
    throw new InvalidArgumentError(`Expected ${min} to ${max} bytes.`);
  };
}
