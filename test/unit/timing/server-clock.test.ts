import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ServerClock } from '../../../src/timing/server-clock.ts';

const BASE = Date.UTC(2026, 0, 31, 12);

/** The answers of a server to requests at these times, by a clock that is `offset` behind the server's. */
function answers(
  offset: number,
  requests: readonly { at: number; there: number; back: number }[],
): ServerClock {
  const clock = new ServerClock();
  for (const { at, there, back } of requests) {
    const sentAt = BASE + at;
    const date = new Date(sentAt + there + offset).toUTCString();
    clock.observe(date, sentAt, sentAt + there + back);
  }
  return clock;
}

describe('ServerClock', () => {
  it('knows nothing before the first answer, or of answers without a date', () => {
    const clock = new ServerClock();
    clock.observe(undefined, 1, 2);
    clock.observe('yesterday', 1, 2);
    expect(clock.offset()).toBeNull();
  });

  it('bounds the offset by one answer to a second and its way', () => {
    const clock = new ServerClock();
    clock.observe(new Date(BASE).toUTCString(), BASE + 200, BASE + 230);
    expect(clock.offset()).toEqual({ offsetLowMs: -231, offsetHighMs: 801 });
  });

  it('never excludes the true offset, whatever the answers take', () => {
    const request = fc.record({ at: fc.nat(20_000), there: fc.nat(300), back: fc.nat(300) });
    fc.assert(
      fc.property(
        fc.integer({ min: -600_000, max: 600_000 }),
        fc.array(request, { minLength: 1, maxLength: 60 }),
        (offset, requests) => {
          const found = answers(offset, requests).offset();
          expect(found).not.toBeNull();
          expect(found?.offsetLowMs).toBeLessThanOrEqual(offset);
          expect(found?.offsetHighMs).toBeGreaterThanOrEqual(offset);
        },
      ),
    );
  });

  it.each([-5000, -300, 0, 300, 5000])(
    'finds %i ms to a few milliseconds from answers over two seconds',
    (offset) => {
      // Prepare: an answer every 10 ms, 4 ms on its way
      const requests = Array.from({ length: 200 }, (_, i) => ({ at: 10 * i, there: 2, back: 2 }));

      // Act
      const { offsetLowMs = Number.NaN, offsetHighMs = Number.NaN } =
        answers(offset, requests).offset() ?? {};

      // Assess
      expect(offsetHighMs - offsetLowMs).toBeLessThanOrEqual(20);
      expect(Math.abs((offsetLowMs + offsetHighMs) / 2 - offset)).toBeLessThanOrEqual(10);
    },
  );

  it('survives answers with a wrong date, and forgets what is long ago', () => {
    const clock = answers(
      0,
      Array.from({ length: 30 }, (_, i) => ({ at: 400 * i, there: 2, back: 2 })),
    );
    clock.observe(new Date(BASE - 3_600_000).toUTCString(), BASE, BASE + 1);
    expect(Math.abs(clock.offset()?.offsetLowMs ?? Number.NaN)).toBeLessThan(1000);
    // The clock was set by an hour, and then a minute and more went by
    for (let second = 0; second < 80; second += 1) {
      const at = BASE + 20_000 + 1000 * second;
      clock.observe(new Date(at + 3_600_000).toUTCString(), at, at + 4);
    }
    expect(clock.offset()?.offsetLowMs).toBeGreaterThan(3_590_000);
  });
});
