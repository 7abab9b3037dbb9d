import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { aboutOf } from '../../../../src/workloads/embed/about.ts';
import { type Embedder, readEmbedder, writeEmbedder } from '../../../../src/workloads/embed/embedder-file.ts';
import { readVectors, writeVectors } from '../../../../src/workloads/embed/vectors-file.ts';

const EMBEDDER: Embedder = {
  recipe: { resize: { width: 5, height: 4 }, filter: 'bilinear', layout: 'nchw', type: 'float32' },
  ...{ bgr: true, input: 'images', output: 'flat', batch: 'any' },
  ...{ length: 2, layer: 'flat', sha256: 'ab'.repeat(32) },
};

describe('the file of the embeddings of a batch', () => {
  it('has the numbers and nothing else', () => {
    const file = writeVectors([Float32Array.of(1, -2), Float32Array.of(0.5, 0)]);
    expect(file.toString('hex')).toBe('0000803f000000c00000003f00000000');
    expect(writeVectors([])).toHaveLength(0);
    // A part of a longer array.
    expect(writeVectors([Float32Array.of(7, 1, 7).subarray(1, 2)]).toString('hex')).toBe('0000803f');
  });

  it('gives every number back as it was', () => {
    const number = fc.float({ noNaN: true });
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 5 }).chain((length) =>
          fc
            .array(fc.array(number, { minLength: length, maxLength: length }), { maxLength: 5 })
            .map((rows) => ({
              length,
              vectors: rows.map((row) => Float32Array.from(row)),
            })),
        ),
        ({ length, vectors }) => {
          const file = writeVectors(vectors);
          const moved = Buffer.concat([Buffer.alloc(1), file]).subarray(1);
          for (const each of [file, moved])
            expect(readVectors(each, length, vectors.length)).toEqual(vectors);
        },
      ),
    );
  });

  it.each([0, 4, 9])('is refused with %i bytes in the place of 8', (bytes) => {
    expect(() => readVectors(Buffer.alloc(bytes), 2, 1)).toThrow(
      `Expected embeddings of 1 times 2 numbers, 8 bytes, but found ${bytes}.`,
    );
  });
});

describe('what is said of the model', () => {
  it('is read as it was written', () => {
    expect(readEmbedder(writeEmbedder(EMBEDDER))).toEqual(EMBEDDER);
  });

  it.each([{ length: 0 }, { layer: undefined }, { sha256: 1 }, { batch: 2 }])(
    'is damaged with %j',
    (change) => {
      const file = Buffer.from(JSON.stringify({ ...EMBEDDER, ...change }));
      expect(() => readEmbedder(file)).toThrow('[INPUT_DAMAGED]');
    },
  );

  it('is in the metadata of a file of embeddings, whatever the order of its fields', () => {
    const { resize, ...others } = EMBEDDER.recipe;
    const about = aboutOf(EMBEDDER);
    expect(aboutOf({ ...EMBEDDER, recipe: { ...others, resize } })).toEqual(about);
    expect(about).toEqual({
      'fanfleet.model': EMBEDDER.sha256,
      'fanfleet.layer': 'flat',
      'fanfleet.tensor':
        '{"resize":{"width":5,"height":4},"filter":"bilinear","layout":"nchw","type":"float32","channels":"bgr"}',
    });
  });
});
