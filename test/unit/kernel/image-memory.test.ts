import sharp from 'sharp';
import { expect, it } from 'vitest';
import { isFailed } from '../../../src/contract/row.ts';
import { isFileTooLarge, withinMemory } from '../../../src/kernel/image-memory.ts';
import { createSharpKernel } from '../../../src/kernel/sharp-kernel.ts';

const MIB = 1024 * 1024;
const NORMALISATION = { format: 'npy', channels: 'all', quality: 90 } as const;

function jpeg(progressive: boolean): Promise<Buffer> {
  return sharp({ create: { width: 2000, height: 1000, channels: 3, background: '#123456' } })
    .jpeg({ progressive })
    .toBuffer();
}

it('an image takes what its header says: more with scans that refine it, and for a normalised copy', async () => {
  const [baseline, progressive] = [await jpeg(false), await jpeg(true)];
  const bytes = (input: Buffer, format?: 'npy') => createSharpKernel().prepare(input, 'a').mostBytes(format);
  expect(bytes(baseline)).toBe(24 * MIB + 2 * baseline.length + 5 * 2_000_000);
  expect(bytes(progressive)).toBe(24 * MIB + 2 * progressive.length + 11 * 2_000_000);
  expect(bytes(baseline, 'npy')).toBe(24 * MIB + 2 * baseline.length + (5 + 15) * 2_000_000);
});

it('what would take more than there is is a row, and no decoder sees it', async () => {
  const input = await jpeg(false);
  const needed = createSharpKernel().prepare(input, 'a').mostBytes();
  const within = (bytes: number, format?: 'npy') =>
    withinMemory(createSharpKernel(), bytes, format).prepare(input, 'a');
  const code = { key: 'a', error: { code: 'TOO_MUCH_MEMORY' } };
  expect((await within(needed - 1).measure('stats')).row).toMatchObject(code);
  expect((await within(needed - 1).histogram()).row).toMatchObject(code);
  expect(within(needed - 1).workingBytes).toBe(0);
  expect(isFailed((await within(needed).measure('stats')).row)).toBe(false);
  expect((await within(needed, 'npy').normalise(NORMALISATION)).row).toMatchObject(code);
});

it('a file is too large where no image in it could be done', () => {
  expect(isFileTooLarge(6e9, 288 * MIB)).toBe(true);
  expect(isFileTooLarge(132 * MIB, 288 * MIB)).toBe(false);
  expect(isFileTooLarge(132 * MIB + 1, 288 * MIB)).toBe(true);
});
