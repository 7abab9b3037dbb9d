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
  it('has one text form', () => {
    expect(writeVectors([Float32Array.of(1, -2), Float32Array.of(0.5, 0)], 2)).toBe(
      '{"length":2,"float32":"AACAPwAAAMAAAAA/AAAAAA=="}',
    );
    expect(writeVectors([], 2)).toBe('{"length":2,"float32":""}');
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
          const file = Buffer.from(writeVectors(vectors, length));
          expect(readVectors(file, length, vectors.length)).toEqual(vectors);
        },
      ),
    );
  });

  it.each([
    ['no JSON', 'Expected embeddings but found no JSON.'],
    ['{"length":3,"float32":"AACAPwAAAMA="}', '`length`'],
    ['{"length":2,"float32":"AACAPw=="}', 'base64 of 1 times 2 numbers'],
    ['{"length":2,"float32":"AACAPwAAAMAA"}', 'base64 of 1 times 2 numbers'],
    ['{"length":2,"float32":"AACAPw AAMA="}', 'base64 of 1 times 2 numbers'],
    ['{"length":2}', '`float32`'],
  ])('is refused as %s', (text, words) => {
    expect(() => readVectors(Buffer.from(text), 2, 1)).toThrow(words);
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
