import { beforeAll, describe, expect, it } from 'vitest';
import { renderHtml } from '../../../../src/report/html.ts';
import { buildSummary } from '../../../../src/report/summary.ts';
import type { Summary } from '../../../../src/report/summary-schema.ts';
import type { TimelineSpan } from '../../../../src/timing/timeline.ts';
import { random } from '../../aggregate/fixture.ts';
import { buildTimeline } from '../../timing/one-map.ts';
import { sampleInput } from '../sample.ts';

const WALL_MS = 3_600_000;
let summary: Summary;

beforeAll(async () => {
  summary = buildSummary(await sampleInput());
});

describe('the page of a very large run', () => {
  it('stays below 2 MB with a million batches of each arm, and says what it did not draw', () => {
    const page = withTimelines(1_000_000, 1000);
    expect(page.length).toBeLessThan(2_000_000);
    expect(page).toContain('Not drawn: 952 workers with 952,000 batches.');
    expect(page).toContain('Too many batches to draw each');
  }, 120_000);

  it('stays below 1 MB with as many batches as are drawn one by one', () => {
    const page = withTimelines(2000, 48);
    expect(page.length).toBeLessThan(1_000_000);
    expect(page).not.toContain('Not drawn');
    expect(page).not.toContain('Too many batches');
  });
});

/** The page of a run whose arms each had so many batches, spread evenly over workers and unevenly over time. */
function withTimelines(batches: number, workers: number): string {
  const next = random(7);
  const spans = Array.from({ length: batches }, (_, i): TimelineSpan => {
    const startedAt = WALL_MS * 0.98 * next();
    return {
      worker: `worker-${i % workers}`,
      batch: i,
      startedAt,
      endedAt: startedAt + 2000 * next(),
      coldStartMs: i < workers ? 400 : 0,
      items: 100,
      errors: i % 100 === 0 ? 1 : 0,
    };
  });
  const timeline = buildTimeline({ startedAt: 0, endedAt: WALL_MS }, spans);
  const timelines = summary.timelines.map(({ arm, round }) => ({ ...timeline, arm, round }));
  return renderHtml({ ...summary, timelines });
}
