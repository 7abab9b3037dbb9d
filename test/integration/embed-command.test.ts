import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { EXIT } from '../../cli/exit-code.ts';
import { smallNetwork } from '../unit/models/small-network.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const PHOTOS = ['china.jpg', 'flower.jpg', 'rocket.jpg', 'astronaut.png', 'coffee.png'];
let folder = '';

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'fanfleet-embed-command-'));
  writeFileSync(join(folder, 'net.onnx'), smallNetwork());
  writeFileSync(
    join(folder, 'net.json'),
    '{"resize":{"width":29,"height":33},"filter":"bilinear","mean":[0.5,0.5,0.5],"std":[0.5,0.5,0.5]}',
  );
  for (const name of PHOTOS) copyFileSync(join(ROOT, 'assets/photos', name), join(folder, name));
  writeFileSync(join(folder, 'bad.jpg'), readFileSync(join(folder, 'china.jpg')).subarray(0, 5000));
});
afterAll(() => rmSync(folder, { recursive: true }));

function fanfleet(...args: string[]) {
  const env = { ...process.env, FANFLEET_HOME: join(folder, 'home') };
  const done = spawnSync(process.execPath, [join(ROOT, 'cli/main.ts'), '--json', ...args], {
    env,
    encoding: 'utf8',
    cwd: folder,
  });
  return { ...done, json: done.stdout === '' ? null : JSON.parse(done.stdout) };
}

const embed = (out: string, ...more: string[]) =>
  fanfleet('embed', '.', '--model', 'net.onnx', '--layer', 'features', '--out', out, ...more);

describe('embed', () => {
  test('writes a row for each image, the same file however many images the model gets at once', () => {
    const { status, json, stderr } = embed('a.parquet');
    expect(status, stderr).toBe(EXIT.FAILED_ITEMS);
    expect(json.rows).toHaveLength(6);
    expect(json.rows.filter((row: object) => 'error' in row)).toEqual([
      { key: 'bad.jpg', error: expect.objectContaining({ code: 'DECODE_FAILED' }) },
    ]);
    expect(json.rows[2]).toEqual({
      ...{ key: 'china.jpg', width: 640, height: 427, channels: 3 },
      embedding: expect.stringMatching(/^[0-9a-f]{16}$/),
    });
    expect(embed('b.parquet', '--model-batch', '1').json.rows).toEqual(json.rows);
    expect(readFileSync(join(folder, 'b.parquet')).equals(readFileSync(join(folder, 'a.parquet')))).toBe(
      true,
    );
    expect(readdirSync(folder).filter((name) => name.endsWith('.part'))).toEqual([]);
  });

  test('refuses a layer that is not there, and a place that cannot be written', () => {
    const none = fanfleet('embed', '.', '--model', 'net.onnx', '--layer', 'x', '--out', 'x.parquet');
    expect(none.stderr).toContain('found none with the name "x"');
    expect(none.status).toBe(EXIT.USAGE);
    const nowhere = embed('no/x.parquet');
    expect(nowhere.stderr).toContain('[OUTPUT_UNWRITABLE] Expected to write no/x.parquet but got: ');
    expect(nowhere.status).toBe(EXIT.USAGE);
    const many = embed('x.parquet', '--model-batch', '1.5');
    expect(many.stderr).toContain('Expected an integer of 1 to 256 for `--model-batch` but received 1.5');
  });
});

describe('nearest', () => {
  test('finds an image by its key, or by its file, and the others behind it', () => {
    embed('c.parquet');
    const byKey = fanfleet('nearest', 'flower.jpg', '--in', 'c.parquet', '--k', '3');
    expect(byKey.stderr).toBe('');
    expect(byKey.json).toMatchObject({
      metric: 'l2',
      compared: 5,
      nearest: [{ key: 'flower.jpg', distance: 0 }, {}, {}],
    });
    const byFile = fanfleet('nearest', 'flower.jpg', '--in', 'c.parquet', '--k', '3', '--model', 'net.onnx');
    expect(byFile.json).toEqual(byKey.json);
    const all = fanfleet('nearest', 'flower.jpg', '--in', 'c.parquet', '--metric', 'cosine').json.nearest;
    expect(all.map(({ key }: { key: string }) => key).sort()).toEqual([...PHOTOS].sort());
  });

  test('refuses no place, two places, an address without a key, and S3 where no AWS is up', () => {
    const neither = fanfleet('nearest', 'x');
    expect(neither.stderr).toContain(
      'Expected `--in` with a file of embeddings or s3://bucket/key, or `--run`',
    );
    expect(neither.status).toBe(EXIT.USAGE);
    const both = fanfleet('nearest', 'x', '--in', 'c.parquet', '--run', 'a-run');
    expect(both.stderr).toContain("'--in <file>' cannot be used with option '--run <id>'");
    expect(both.status).toBe(EXIT.USAGE);
    const bucket = fanfleet('nearest', 'x', '--in', 's3://bucket');
    expect(bucket.stderr).toContain('Expected s3://bucket/key for `--in` but received s3://bucket');
    expect(fanfleet('nearest', 'x', '--in', 's3://bucket/key').stderr).toContain('[NOT_UP]');
  });

  test('refuses a key that is not there, another model, and a file that is none', () => {
    embed('d.parquet');
    const none = fanfleet('nearest', 'bad.jpg', '--in', 'd.parquet');
    expect(none.stderr).toContain('found none that is "bad.jpg"');
    writeFileSync(
      join(folder, 'other.json'),
      readFileSync(join(folder, 'net.json'), 'utf8').replace('bilinear', 'box'),
    );
    const other = fanfleet(
      'nearest',
      'flower.jpg',
      '--in',
      'd.parquet',
      '--model',
      'net.onnx',
      '--description',
      'other.json',
    );
    expect(other.stderr).toContain('net.onnx is another one, or is fed otherwise');
    const photo = fanfleet('nearest', 'x', '--in', 'china.jpg');
    expect(photo.stderr).toContain(
      'Expected a Parquet file of embeddings in china.jpg but it does not end as one',
    );
    expect(fanfleet('nearest', 'x', '--in', 'nowhere').stderr).toContain(
      '[PATH_UNREADABLE] Expected a file at nowhere',
    );
  });
});
