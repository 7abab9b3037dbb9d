import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadAddon } from '../../src/kernel/native-addon.ts';
import { expectRoom } from '../../src/prepare/expect-room.ts';
import { heldOfKmeans } from '../../src/prepare/kmeans-room.ts';

const MIB = 1024 * 1024;
const MEMORY = 512;
const SIDE = 100;
const KERNELS = ['portable', ...(loadAddon() === undefined ? [] : ['native'])] as ('portable' | 'native')[];
let folder = '';

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'fanfleet-kmeans-memory-'));
  const image = sharp({ create: { width: SIDE, height: SIDE, channels: 3, background: '#204060' } });
  writeFileSync(join(folder, 'one.png'), await image.png().toBuffer());
});
afterAll(() => rmSync(folder, { recursive: true }));

/** Images of the largest batch that a function is taken to have room for. */
function mostImages(k: number, kernel: 'portable' | 'native'): number {
  const workers = {
    arms: ['serverless' as const],
    memory: MEMORY,
    instanceTypes: [],
    engine: 'grpc' as const,
  };
  const fits = (images: number) => {
    const held = heldOfKmeans({ images, width: SIDE, height: SIDE, k });
    try {
      expectRoom(held, { ...workers, kernel });
      return true;
    } catch {
      return false;
    }
  };
  let [low, high] = [1, 10_000];
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (fits(middle)) low = middle;
    else high = middle - 1;
  }
  return low;
}

describe.each(KERNELS)('a function with the %s kernel', (kernel) => {
  it('takes no more memory than it has for the largest batches', () => {
    const k = 6;
    const images = mostImages(k, kernel);
    expect(images).toBeGreaterThan(500);
    const script = fileURLToPath(new URL('../fixtures/stage-within.ts', import.meta.url));
    const args = [script, join(folder, 'one.png'), String(images), String(k), String(MEMORY), kernel];
    const peak = Number(execFileSync(process.execPath, args, { encoding: 'utf8' }));
    expect(peak).toBeLessThan(MEMORY * MIB);
    expect(peak).toBeGreaterThan(images * 3 * SIDE ** 2);
  }, 120_000);
});
