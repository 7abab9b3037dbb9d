import { describe, expect, it } from 'vitest';
import {
  BINS,
  MOST_LANES,
  MOST_SPANS,
  TimelineBuilder,
  timelineSchema,
} from '../../../src/timing/timeline.ts';
import { MOST_WORKERS, WorkCounter } from '../../../src/timing/workers.ts';
import { spanOf } from '../aggregate/fixture.ts';
import { buildTimeline } from './one-map.ts';

const wall = { startedAt: 1000, endedAt: 13_000 };

describe('buildTimeline', () => {
  it('has a lane per worker, in the order in which people count, with times from the start of the arm', () => {
    // Prepare
    const spans = [
      spanOf('fleet', 2, { worker: 'w10', startedAt: 5000, endedAt: 7000 }),
      spanOf('fleet', 1, { worker: 'w2', startedAt: 4000, endedAt: 6000, errors: 1 }),
      spanOf('fleet', 0, { worker: 'w2', startedAt: 2000, endedAt: 4000, coldStartMs: 500 }),
    ];

    // Act
    const timeline = buildTimeline(wall, spans);

    // Assess
    expect(timeline).toMatchObject({
      wallMs: 12_000,
      batches: 3,
      batchesDropped: 0,
      lanesDropped: 0,
      binMs: null,
    });
    expect(timeline.lanes.map(({ worker }) => worker)).toEqual(['w2', 'w10']);
    expect(timeline.lanes[0]?.batches).toEqual([
      { batch: 0, startMs: 1000, endMs: 3000, coldStartMs: 500, items: 10, errors: 0 },
      { batch: 1, startMs: 3000, endMs: 5000, coldStartMs: 0, items: 10, errors: 1 },
    ]);
  });

  it('cuts batches to the arm', () => {
    const spans = [spanOf('fleet', 0, { startedAt: 500, endedAt: 99_000, coldStartMs: 9000 })];
    const [lane] = buildTimeline(wall, spans).lanes;
    expect(lane?.batches).toMatchObject([{ startMs: 0, endMs: 12_000, coldStartMs: 0 }]);
  });

  it('says what it dropped, and drops the workers with the fewest batches', () => {
    const worker = (name: string, batches: number) =>
      Array.from({ length: batches }, (_, i) => spanOf('serverless', i, { worker: name }));
    const many = Array.from({ length: MOST_LANES }, (_, i) => worker(`w${i}`, 2)).flat();
    const timeline = buildTimeline(wall, [...worker('small', 1), ...many]);
    expect(timeline).toMatchObject({ batches: 2 * MOST_LANES + 1, batchesDropped: 1, lanesDropped: 1 });
    expect(timeline.lanes.some(({ worker: name }) => name === 'small')).toBe(false);
  });

  it('counts what is at work at the same time over all workers, those that it dropped too', () => {
    const worker = (name: string, from: number) =>
      spanOf('serverless', 0, { worker: name, startedAt: 1000 + from, endedAt: 7000 + from });
    const many = Array.from({ length: MOST_LANES + 12 }, (_, i) => worker(`w${i}`, i < 20 ? 0 : 6000));
    const { concurrency } = buildTimeline(wall, many);
    expect(concurrency).toEqual(Array.from({ length: BINS }, (_, bin) => (bin < BINS / 2 ? 20 : 40)));
  });

  it('counts in bins where there are too many batches, and keeps their time', () => {
    // Prepare: one after the other, 3 ms each, which is all of the first 6,003 ms
    const spans = Array.from({ length: MOST_SPANS + 1 }, (_, i) =>
      spanOf('serverless', i, { startedAt: 1000 + 3 * i, endedAt: 1003 + 3 * i }),
    );

    // Act
    const timeline = buildTimeline(wall, spans);

    // Assess
    const bins = timeline.lanes[0]?.bins ?? [];
    expect(timeline.binMs).toBe(12_000 / BINS);
    expect(timeline.lanes[0]?.batches).toEqual([]);
    expect(bins.slice(0, 120)).toEqual(Array.from({ length: 120 }, () => 1));
    expect(bins[120]).toBe(0.06);
    expect(bins.slice(121).every((busy) => busy === 0)).toBe(true);
    expect(timelineSchema.parse(timeline)).toEqual(timeline);
  });

  it.each([
    ['few', 40],
    ['so many that they are counted in bins', 3 * MOST_SPANS],
  ])('is the same for %s batches map after map', (_, count) => {
    // Prepare: more workers than lanes, of which some come only later
    const spans = Array.from({ length: count }, (_, i) =>
      spanOf('serverless', i, {
        worker: `w${(i * i) % 61}`,
        startedAt: 1000 + (i * 11_000) / count,
        endedAt: 1400 + (i * 11_000) / count,
      }),
    );

    // Act
    const builder = new TimelineBuilder(wall);
    const third = Math.ceil(count / 3);
    for (const from of [0, 1, 2]) builder.add(spans.slice(from * third, (from + 1) * third));

    // Assess: up to how floating-point sums are rounded
    const [found, expected] = [builder.finish(), buildTimeline(wall, spans)];
    expect(found.binMs === null).toBe(count < MOST_SPANS);
    const bins = ({ lanes }: typeof found) => lanes.flatMap((lane) => lane.bins);
    for (const [i, busy] of bins(expected).entries()) expect(bins(found)[i]).toBeCloseTo(busy, 2);
    const plain = (timeline: typeof found) => ({
      ...timeline,
      concurrency: [],
      lanes: timeline.lanes.map((lane) => ({ ...lane, bins: lane.bins.length })),
    });
    expect(plain(found)).toEqual(plain(expected));
  });

  it('is empty without spans', () => {
    expect(buildTimeline(wall, [])).toMatchObject({ batches: 0, lanes: [] });
  });
});

describe('WorkCounter', () => {
  it('lists the busiest workers and counts the others', () => {
    const counter = new WorkCounter();
    for (let i = 0; i <= MOST_WORKERS; i += 1) {
      counter.add(spanOf('serverless', i, { worker: `w${i}`, items: i === 5 ? 1 : 3 }));
    }
    const totals = counter.totals();
    expect(totals).toMatchObject({ spans: MOST_WORKERS + 1, workerCount: MOST_WORKERS + 1 });
    expect(totals.workers).toHaveLength(MOST_WORKERS);
    expect(totals.workers.some(({ worker }) => worker === 'w5')).toBe(false);
    expect(totals.workers[2]?.worker).toBe('w2');
  });

  it('takes the highest memory and counts cold starts', () => {
    const counter = new WorkCounter();
    counter.add(spanOf('fleet', 0, { rssPeakBytes: 300, coldStartMs: 20 }));
    counter.add(spanOf('fleet', 1, { rssPeakBytes: 200, startedAt: 2000, endedAt: 1000 }));
    expect(counter.totals()).toMatchObject({ rssPeakBytes: 300, coldStarts: 1, coldStartMs: 20 });
    expect(counter.totals().workers).toMatchObject([{ batches: 2, busyMs: 1000, share: 1 }]);
  });

  it('names the kernels, each once', () => {
    const counter = new WorkCounter();
    for (const kernel of ['sharp', 'native', 'sharp']) counter.add(spanOf('serverless', 1, { kernel }));
    expect(counter.totals().kernels).toEqual(['native', 'sharp']);
  });

  it.each([
    [10, ['native']],
    [11, ['native+pillow']],
  ])('names those that more than a hundredth of 1,000 images was left to: %d of them', (left, kernels) => {
    const counter = new WorkCounter();
    counter.add(spanOf('fleet', 0, { items: 990 }));
    counter.add(spanOf('fleet', 1, { items: 10, left: { pillow: left } }));
    expect(counter.totals().kernels).toEqual(kernels);
  });
});
