import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { serializeRow } from '../../../../src/contract/row.ts';
import { EmbeddingsOfRows, embedAnswerSchema } from '../../../../src/workloads/embed/answer.ts';
import { EMBEDDINGS } from '../../../../src/workloads/embed/params.ts';
import { writeVectors } from '../../../../src/workloads/embed/vectors-file.ts';
import { ProblemLog } from '../../../../src/workloads/problems.ts';
import { EMBEDDER, type Embedded, embedded } from './embedded.ts';

type Files = (part: readonly Embedded[]) => Buffer | null;

const own: Files = (part) => writeVectors(part.map(({ values }) => values));

/** The answer, and the codes and examples of what was found wrong; in batches of `size`. */
function found(
  images: readonly Embedded[],
  { size = 100, files = own, embedder = EMBEDDER as typeof EMBEDDER | null } = {},
) {
  const answer = new EmbeddingsOfRows(embedder);
  const log = new ProblemLog();
  for (let from = 0; from < images.length; from += size) {
    const part = images.slice(from, from + size);
    for (const { row } of part) {
      expect(answer.check(serializeRow(row))).toEqual({ row });
      answer.add(row);
    }
    answer.endBatch(from / size, [{ folder: EMBEDDINGS, body: files(part) }], log);
  }
  const answered = answer.finish();
  expect(embedAnswerSchema.parse(answered)).toEqual(answered);
  return { answer: answered, problems: log.list().map(({ code, examples }) => [code, ...examples]) };
}

const IMAGES = [embedded('a', 1, -2.5), embedded('b', 0, -0), embedded('c', 0.1, 7)];

describe('the answer of embed', () => {
  it('is how many embeddings there are, of what, and within which bounds', () => {
    expect(found(IMAGES)).toEqual({
      answer: {
        ...{ kind: 'embed', embedded: 3, zeros: 1, length: 2, layer: 'flat', model: EMBEDDER.sha256 },
        ...{ least: -2.5, greatest: 7 },
      },
      problems: [],
    });
    expect(found([]).answer).toMatchObject({ embedded: 0, zeros: 0, least: null, greatest: null });
  });

  it('has no -0', () => {
    const { least, greatest } = found([embedded('a', -0, -0)]).answer;
    expect([Object.is(least, 0), Object.is(greatest, 0)]).toEqual([true, true]);
  });

  it('is the same however rows are cut into batches', () => {
    const number = fc.float({ noNaN: true, noDefaultInfinity: true });
    const all = fc.array(fc.tuple(number, number), { minLength: 1, maxLength: 12 });
    fc.assert(
      fc.property(all, fc.integer({ min: 1, max: 12 }), (pairs, size) => {
        const images = pairs.map((pair, at) => embedded(String(at).padStart(2, '0'), ...pair));
        expect(found(images, { size })).toEqual(found(images));
      }),
    );
  });

  it.each<[string, Files, readonly string[]]>([
    ['no file', () => null, ['EMBEDDINGS_MISSING', '0']],
    [
      'a byte more',
      (part) => Buffer.concat([own(part) ?? Buffer.alloc(0), Buffer.from('x')]),
      [
        'EMBEDDINGS_INCONSISTENT',
        'batch 0: Expected embeddings of 3 times 2 numbers, 24 bytes, but found 25.',
      ],
    ],
    [
      'one embedding too few',
      (part) => own(part.slice(1)),
      [
        'EMBEDDINGS_INCONSISTENT',
        'batch 0: Expected embeddings of 3 times 2 numbers, 24 bytes, but found 16.',
      ],
    ],
    [
      'embeddings in another order',
      (part) => own(part.toReversed()),
      ['EMBEDDINGS_INCONSISTENT', `batch 0: embedding 1 is not that of its row, ${IMAGES[0]?.row.embedding}`],
    ],
  ])('is not valid with %s, of which no number counts', (_, files, problem) => {
    const { answer, problems } = found(IMAGES, { files });
    expect(problems).toEqual([problem]);
    expect(answer).toMatchObject({ embedded: 3, zeros: 0, least: null, greatest: null });
  });

  it('is told as far as rows tell where the model is not known', () => {
    const { answer, problems } = found(IMAGES, { embedder: null });
    expect(problems).toEqual([]);
    expect(answer).toEqual({
      ...{ kind: 'embed', embedded: 3, zeros: 0, length: null, layer: null, model: null },
      ...{ least: null, greatest: null },
    });
  });
});
