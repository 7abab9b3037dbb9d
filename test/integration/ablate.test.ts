import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { EXIT } from '../../cli/exit-code.ts';
import { smallModel } from '../unit/models/small-model.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
/** Dask is the quickest to start. */
const ENGINE = ['--engine', 'dask', '--model', 'small.onnx'];
let folder = '';

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'fanfleet-ablate-'));
  writeFileSync(join(folder, 'small.onnx'), smallModel());
  writeFileSync(
    join(folder, 'small.json'),
    '{"resize":{"width":5,"height":4},"filter":"bilinear","mean":[0,0,0],"std":[1,1,1]}',
  );
  writeFileSync(join(folder, 'small.labels.txt'), 'cat\ndog\n');
  mkdirSync(join(folder, 'images/more'), { recursive: true });
  for (const [name, to] of [
    ['china.jpg', 'china.jpg'],
    ['flower.jpg', 'more/flower & tree.jpg'],
  ] as const)
    copyFileSync(join(ROOT, 'assets/photos', name), join(folder, 'images', to));
  writeFileSync(join(folder, 'images/broken.jpg'), 'no image');
});
afterAll(() => rmSync(folder, { recursive: true }));

async function fanfleet(...args: string[]) {
  const child = spawn(process.execPath, [join(ROOT, 'cli/main.ts'), ...args], {
    env: { ...process.env, FANFLEET_HOME: join(folder, 'home') },
    cwd: folder,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const [stdout, stderr, [status]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'close'),
  ]);
  return { status, stdout, stderr };
}

describe('ablate', () => {
  test('measures a switch beside the same pipeline without it, and leaves out what is no image', async () => {
    const { status, stdout, stderr } = await fanfleet(
      ...['--json', 'ablate', 'images', ...ENGINE],
      ...['--switch', 'float64', '--rounds', '2', '--out', 'table.md'],
    );
    expect(stderr).toContain('broken.jpg is left out: the content is not JPEG');
    expect(status).toBe(EXIT.OK);
    const found = JSON.parse(stdout);
    expect(found).toMatchObject({ engine: 'dask', images: 2, rounds: 2, together: [], failures: [] });
    expect(found.alone).toMatchObject([
      { name: 'float64', needs: [], ratios: { cpuSeconds: { median: expect.any(Number) } } },
    ]);
    const [{ with: having, without }] = found.alone;
    expect([having, without].map((took) => took.length)).toEqual([2, 2]);
    for (const took of [...having, ...without]) {
      expect(took).toMatchObject({ images: 2, digest: having[0].digest });
      expect(took.cpuSeconds).toBeGreaterThan(0);
      expect(took.bytesRead).toBeGreaterThan(100_000);
    }
    expect(readFileSync(join(folder, 'table.md'), 'utf8')).toContain('| `float64` | tensors of doubles');
  });

  test('says which switches there are, and which was meant', async () => {
    const { stdout } = await fanfleet('--json', 'ablate', '--list');
    const { mistakes, optimizations } = JSON.parse(stdout);
    expect([mistakes.length, optimizations.length]).toEqual([26, 30]);
    const { status, stderr } = await fanfleet('ablate', 'images', '--switch', 'small-file');
    expect(stderr).toContain(
      '[INVALID_INPUT] Expected a mistake or an optimization but received small-file: perhaps small-files;',
    );
    expect(status).toBe(EXIT.USAGE);
  });
});

describe('classify', () => {
  test('has a row for each image, also for one that cannot be decoded if it is told to', async () => {
    const { status, stdout, stderr } = await fanfleet(
      ...['classify', 'images', ...ENGINE, '--optimization', 'bad-images-kept'],
    );
    const rows = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(rows).toEqual([
      { key: 'broken.jpg', label: null, score: null },
      { key: 'china.jpg', label: expect.stringMatching(/^(cat|dog)$/), score: expect.any(Number) },
      {
        key: 'more/flower & tree.jpg',
        label: expect.stringMatching(/^(cat|dog)$/),
        score: expect.any(Number),
      },
    ]);
    expect(stderr).toContain('dask, plain, bad-images-kept: 3 images in ');
    expect(stderr).toContain('1 of 3 images could not be classified.');
    expect(status).toBe(EXIT.FAILED_ITEMS);
  });

  test('says what to do where a pipeline ends by a bad image', async () => {
    const { status, stderr } = await fanfleet('classify', 'images', ...ENGINE);
    expect(stderr).toMatch(/\[PIPELINE_FAILED\] .*cannot identify image/s);
    expect(stderr).toContain('`--optimization bad-images-kept` makes a row of it.');
    expect(status).toBe(EXIT.INTERNAL);
  });
});
