import * as fc from 'fast-check';
import { describe, expect, expectTypeOf, it } from 'vitest';
import * as z from 'zod';
import { KERNEL_CHOICES } from '../../../src/contract/kernel-choice.ts';
import { batchSchema } from '../../../src/contract/manifest.ts';
import { parse } from '../../../src/parse.ts';
import { type MeasureEvent, readEvent } from '../../../src/worker/event.ts';
import { outcome, places, withValue } from '../changed-value.ts';

/** The same in zod, from the schemas of the manifest and the run that an event is made of. */
const schema = z.object({
  work: z.object({
    runId: z.string().min(1),
    round: z.int().nonnegative(),
    bucket: z.string().min(1),
    requesterPays: z.boolean(),
    runsBucket: z.string().min(1),
    workload: z.object({
      name: z.string().min(1),
      // A record would leave out a field `__proto__`.
      params: z.custom<Readonly<Record<string, unknown>>>(
        (value) => typeof value === 'object' && value !== null && !Array.isArray(value),
      ),
    }),
    kernel: z.enum(KERNEL_CHOICES),
    imageMemory: z.int().nonnegative(),
    stage: z
      .object({
        number: z.int().nonnegative(),
        state: z.object({ key: z.string().min(1), sha256: z.string().min(1), bytes: z.int().nonnegative() }),
      })
      .nullable(),
    batch: batchSchema,
  }),
  queuedAt: z.iso.datetime(),
  resume: z.string().min(1).nullable(),
});

const event: z.output<typeof schema> = {
  work: {
    runId: 'r',
    round: 0,
    bucket: 'b',
    requesterPays: true,
    runsBucket: 'runs',
    workload: {
      name: 'normalise',
      params: { format: 'npy', range: { min: [0, 1, 2], max: [253, 254, 65_535], depth: 16 } },
    },
    imageMemory: 288,
    stage: { number: 3, state: { key: 'runs/r/outcome.json', sha256: 'abc', bytes: 12 } },
    kernel: 'portable',
    batch: {
      batch: 0,
      bytes: 8,
      objects: [
        { key: 'a.jpg', size: 3, etag: '"e"' },
        { key: 'b.jpg', size: 5, etag: '"t"', shard: { key: 'x.tar', offset: 512 } },
        { key: 'c.tar', size: 0, etag: '"c"', refused: 'SHARD_DAMAGED' },
      ],
    },
  },
  queuedAt: '2026-01-31T23:59:59.123Z',
  resume: 'earlier',
};

describe('readEvent', () => {
  it('knows a workload without stages', () => {
    const single = { ...event, work: { ...event.work, stage: null } };
    expect(readEvent(single)).toEqual(single);
  });

  it('has the type of the schemas', () => {
    type Mutable<T> = T extends object ? { -readonly [K in keyof T]: Mutable<T[K]> } : T;
    expectTypeOf<Mutable<MeasureEvent>>().toEqualTypeOf<Mutable<z.output<typeof schema>>>();
  });

  it('gives what it was given, less the fields that it does not know', () => {
    const more = { ...event, work: { ...event.work, shards: 2 }, account: '1' };
    expect(readEvent(more)).toEqual(event);
  });

  it('accepts and refuses what the schemas do', () => {
    const values = fc.oneof(
      fc.constantFrom<unknown>(undefined, null, '', 'mean', '2026-01-31T00:00:00Z', [], {}, [{}]),
      fc.constantFrom<unknown>(
        [1, 2, 3],
        [1, 2],
        [1, 2, 3.5],
        true,
        -1,
        0,
        0.5,
        1,
        100,
        101,
        2 ** 53,
        Number.NaN,
      ),
      fc.anything(),
    );
    fc.assert(
      fc.property(fc.constantFrom(...places(event)), values, (place, value) => {
        const changed = withValue(event, place, value);
        expect(outcome(() => readEvent(changed))).toEqual(outcome(() => parse(schema, changed, 'The event')));
      }),
      { numRuns: 2_000 },
    );
  });

  it.each([
    ['work', undefined, 'Expected object for `work` but received nothing.'],
    ['work.round', -1, 'Expected integer of at least 0 for `work.round` but received -1.'],
    ['work.bucket', '', 'Expected string that is not empty for `work.bucket` but received "".'],
    ['work.batch.objects', [], 'Expected array of at least 1 item for `work.batch.objects` but received [].'],
    ['work.batch.objects.1.size', '5', 'for `work.batch.objects.1.size` but received "5".'],
    ['work.batch.objects.1.shard', null, 'Expected object for `work.batch.objects.1.shard`'],
    ['work.workload', 'normalise', 'Expected object for `work.workload` but received "normalise".'],
    ['work.workload.name', undefined, 'for `work.workload.name` but received nothing.'],
    ['work.workload.params', ['png'], 'Expected object for `work.workload.params` but received ["png"].'],
    ['queuedAt', 'today', 'Expected datetime text for `queuedAt` but received "today".'],
  ])('says what is wrong with %s of %j, and nothing else', (place, value, problem) => {
    const read = () => readEvent(withValue(event, place.split('.'), value));
    expect(read).toThrow(`[INVALID_INPUT] The event of measure is not valid. Expected`);
    expect(read).toThrow(problem);
    expect(read).not.toThrow(/Expected.*Expected/);
  });

  it('lists every problem at once', () => {
    const wrong = { ...event, work: { ...event.work, kernel: 'fast', round: 1.5 } };
    expect(() => readEvent(wrong)).toThrow(/`work\.round`.*`work\.kernel` but received "fast"\.$/);
    expect(() => readEvent(null)).toThrow('Expected object for `(root)` but received null.');
  });
});
