import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readTraining, type TrainingSet, writeTraining } from '../../../../src/workloads/knn/training.ts';

const SET: TrainingSet = {
  ...{ width: 2, height: 1, labels: ['café', '7'], labelOf: Uint32Array.of(1, 0, 1) },
  pixels: Uint8Array.from({ length: 18 }, (_, at) => at),
};
const HEADER = '{"count":3,"width":2,"height":1,"labels":["café","7"]}';

/** The file with another header of any length. */
function withHeader(header: string): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32LE(Buffer.byteLength(header));
  const end = 12 + Buffer.byteLength(HEADER);
  return Buffer.concat([
    Buffer.from('FFKNN001'),
    length,
    Buffer.from(header),
    writeTraining(SET).subarray(end),
  ]);
}

describe('a training set as a file', () => {
  it('is the magic, the header with its length, the labels and the pixels', () => {
    const header = Buffer.from(HEADER);
    expect(writeTraining(SET)).toEqual(
      Buffer.concat([
        Buffer.from('FFKNN001'),
        Buffer.from([header.length, 0, 0, 0]),
        header,
        Buffer.from([1, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0]),
        SET.pixels,
      ]),
    );
  });

  it('is read as it was written', () => {
    const labels = fc.uniqueArray(fc.string({ unit: 'grapheme' }), { minLength: 1, maxLength: 5 });
    const sets = fc
      .record({ width: fc.integer({ min: 1, max: 4 }), height: fc.integer({ min: 1, max: 4 }), labels })
      .chain(({ width, height, labels }) =>
        fc.array(fc.nat(labels.length - 1), { minLength: 1, maxLength: 6 }).chain((labelOf) => {
          const bytes = labelOf.length * width * height * 3;
          return fc
            .uint8Array({ minLength: bytes, maxLength: bytes })
            .map((pixels) => ({ width, height, labels, labelOf: Uint32Array.from(labelOf), pixels }));
        }),
      );
    fc.assert(
      fc.property(sets, (set) => {
        const { pixels, ...others } = readTraining(writeTraining(set));
        const { pixels: written, ...expected } = set;
        expect(others).toEqual(expected);
        expect([...pixels]).toEqual([...written]);
      }),
    );
  });

  it('is refused wherever it is cut off, and with more behind it', () => {
    const file = writeTraining(SET);
    for (let end = 0; end < file.length; end += 1) {
      expect(() => readTraining(file.subarray(0, end))).toThrow(
        '[INPUT_DAMAGED] Expected a training set but',
      );
    }
    expect(() => readTraining(Buffer.concat([file, Buffer.of(0)]))).toThrow(
      `but it has ${file.length + 1} bytes and not ${file.length}.`,
    );
  });

  it.each([
    ['another file', Buffer.from('PNG'.repeat(20)), 'it does not begin as one'],
    ['a header that is no JSON', withHeader('{"count":'), 'its header is no JSON'],
    ['a header without a count', withHeader('{"width":2,"height":1,"labels":[]}'), 'for `count`'],
    ['a count below zero', withHeader(HEADER.replace('3', '-3')), 'for `count` but received -3'],
    ['labels that are no texts', withHeader(HEADER.replace('"7"', '7')), 'for `labels`'],
    ['a header of another count', withHeader(HEADER.replace('3', '2')), 'bytes and not'],
    ['fewer labels than are used', withHeader(HEADER.replace(',"7"', '')), 'it has a label 1 of 1'],
  ])('is refused with %s', (_, file, why) => {
    expect(() => readTraining(file)).toThrow(why);
    expect(() => readTraining(file)).toThrow('[INPUT_DAMAGED]');
  });
});
