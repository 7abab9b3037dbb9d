import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type EmbeddingFormat, quantise } from '../../../src/embeddings/embedding.ts';
import { openEmbeddings } from '../../../src/embeddings/read-embeddings.ts';
import { type Embedding, embeddingsFile } from '../../../src/embeddings/write-embeddings.ts';
import { seededRandom } from '../../../src/statistics/random.ts';
import { fixtureLines } from '../../support/fixture-script.ts';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fanfleet-embeddings-'));
});
afterAll(() => rm(folder, { recursive: true }));

function embeddings(count: number, length: number): Embedding[] {
  const random = seededRandom(count + length);
  const values = () => Float32Array.from({ length }, () => 2 * random() - 1);
  return Array.from({ length: count }, (_, at) => ({ key: `fotos/ä ${at}.jpg`, values: values() }));
}

async function written(
  all: AsyncIterable<Embedding> | Iterable<Embedding>,
  format: EmbeddingFormat,
  about?: Record<string, string>,
): Promise<Buffer> {
  return Buffer.concat(await Array.fromAsync(embeddingsFile(all, format, about)));
}

function open(file: Buffer) {
  const read = async (start: number, end: number) => file.subarray(start, end);
  return openEmbeddings({ bytes: file.length, read }, 'e.parquet');
}

/** The keys and numbers of all rows. */
async function allOf(file: Buffer) {
  const { groups } = await open(file);
  const keys = await Promise.all(groups.map((group) => group.keys()));
  const numbers = await Promise.all(groups.map((group) => group.numbers()));
  return { keys: keys.flat(), numbers: numbers.flatMap((part) => [...part]) };
}

describe('a file of embeddings', () => {
  it.each([
    ['float32', 5, 3],
    ['float32', 4, 1],
    ['float32', 3, 300],
    ['float32', 0, 7],
    ['int8', 5, 3],
    ['int8', 9, 1],
    ['int8', 3, 300],
    ['int8', 0, 2],
  ] as const)(
    'of %s, %i of %i numbers, is read by DuckDB, pyarrow and Daft with the same values',
    async (type, count, length) => {
      const all = embeddings(count, length);
      const path = join(folder, `${type}-${count}-${length}.parquet`);
      await writeFile(path, await written(all, { type, length }));
      const [duckdb, pyarrow, daft] = fixtureLines(['read_embeddings.py', path]).map((line) =>
        JSON.parse(line),
      );
      const rows = all.map(({ key, values }) => {
        if (type === 'float32') return [hex(values), key];
        const { values: small, scale } = quantise(values);
        return [hex(Float32Array.from(small)), key, scale];
      });
      for (const found of [duckdb, pyarrow, daft]) expect(found.rows).toEqual(rows);
      const [inDuckdb, inArrow, inDaft] =
        type === 'int8' ? ['TINYINT[]', 'int8', 'Int8'] : ['FLOAT[]', 'float', 'Float32'];
      expect(duckdb.types).toMatchObject({ key: 'VARCHAR', embedding: inDuckdb });
      // Parquet has no lists of a fixed size: those that read Arrow's schema know it all the same.
      expect(pyarrow.types).toMatchObject({
        key: 'string',
        embedding: `fixed_size_list<element: ${inArrow} not null>[${length}]`,
      });
      expect(daft.types.embedding).toBe(`List[${inDaft}; ${length}]`);
    },
  );

  it('is the same however embeddings come, and holds a group at a time', async () => {
    const length = 65_536;
    const all = embeddings(40, length);
    const format = { type: 'float32', length } as const;
    async function* oneByOne() {
      for (const each of all) {
        await new Promise(setImmediate);
        yield each;
      }
    }
    const file = await written(all, format);
    expect((await written(oneByOne(), format)).equals(file)).toBe(true);
    const { groups, rows } = await open(file);
    expect(rows).toBe(40);
    expect(groups.map((group) => group.rows)).toEqual([32, 8]);
    const { keys, numbers } = await allOf(file);
    expect(keys).toEqual(all.map(({ key }) => key));
    expect(hex(Float32Array.from(numbers))).toBe(
      hex(Float32Array.from(all.flatMap(({ values }) => [...values]))),
    );
  });

  it('says what it is told about itself', async () => {
    const file = await written(embeddings(2, 3), { type: 'int8', length: 3 }, { 'fanfleet.layer': 'mean' });
    const { about, format } = await open(file);
    expect(about.get('fanfleet.layer')).toBe('mean');
    expect(format).toEqual({ type: 'int8', length: 3 });
  });

  it('gives numbers of 8 bits times their scale', async () => {
    const [one, ...others] = embeddings(3, 5);
    const all = [one as Embedding, ...others, { key: 'none', values: new Float32Array(5) }];
    const { numbers } = await allOf(await written(all, { type: 'int8', length: 5 }));
    const expected = all.flatMap(({ values }) => {
      const { values: small, scale } = quantise(values);
      return Array.from(small, (value) => Math.fround(value * scale) + 0);
    });
    expect(numbers.map((value) => value + 0)).toEqual(expected);
  });

  it('refuses an embedding of another length', async () => {
    await expect(written(embeddings(1, 4), { type: 'float32', length: 3 })).rejects.toThrow(
      'Expected an embedding of 3 numbers for fotos/ä 0.jpg but it has 4.',
    );
  });

  it('is refused where it is another file, or damaged', async () => {
    const file = await written(embeddings(2, 3), { type: 'float32', length: 3 });
    const refusals = [Buffer.from('x'), Buffer.alloc(100), file.subarray(0, -1)];
    for (const other of refusals) {
      await expect(open(other)).rejects.toThrow('Expected a Parquet file of embeddings in e.parquet but it ');
    }
    const renamed = Buffer.from(
      file.toString('latin1').replace('fanfleet.embeddings', 'fanfleet.elsewheres'),
      'latin1',
    );
    await expect(open(renamed)).rejects.toThrow('it has another form: make it by fanfleet');
  });
});

describe('quantise', () => {
  it('rounds half away from zero, by the greatest magnitude', () => {
    expect(quantise(Float32Array.of(127, -127, 0.5, -0.5, 1.49, 0))).toEqual({
      values: Int8Array.of(127, -127, 1, -1, 1, 0),
      scale: 1,
    });
    expect(quantise(new Float32Array(3))).toEqual({ values: new Int8Array(3), scale: 0 });
  });

  it('is off by half a step at most', () => {
    const number = fc
      .float({ noNaN: true, min: -(2 ** 100), max: 2 ** 100 })
      .filter((value) => value === 0 || Math.abs(value) > 1e-30);
    fc.assert(
      fc.property(fc.array(number, { minLength: 1, maxLength: 20 }), (list) => {
        const values = Float32Array.from(list);
        const { values: small, scale } = quantise(values);
        for (const [at, value] of values.entries()) {
          expect(Math.abs((small[at] ?? 0) * scale - value)).toBeLessThanOrEqual(scale * 0.50002);
        }
      }),
    );
  });
});

function hex({ buffer, byteOffset, byteLength }: Float32Array): string {
  return Buffer.from(buffer, byteOffset, byteLength).toString('hex');
}
