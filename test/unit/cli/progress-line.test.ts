import { beforeEach, describe, expect, it } from 'vitest';
import { progressLine } from '../../../cli/commands/progress-line.ts';
import type { ArmProgress } from '../../../src/run/progress.ts';
import { unitOf } from '../../../src/workloads/facts.ts';

const IMAGES = unitOf('statistics');
let clock = 0;
const arm = (items: number, fields: Partial<ArmProgress> = {}): ArmProgress => ({
  arm: 'serverless',
  round: 0,
  stage: null,
  batches: 0,
  totalBatches: 10,
  items,
  totalItems: 1_000,
  ...fields,
});

beforeEach(() => {
  clock = 0;
});

describe('progressLine', () => {
  it('says what goes on before and after the arms', () => {
    expect(progressLine(() => clock, IMAGES)([])).toBe('planning, or summing up …');
  });

  it('names the stage, and takes the rate of each by itself', () => {
    const line = progressLine(() => clock, IMAGES);
    line([arm(100, { stage: 3 })]);
    clock = 2_000;
    expect(line([arm(300, { stage: 3 })])).toBe('serverless, stage 3: 300 of 1,000 images, 100/s, 7 s left');
    expect(line([arm(100, { stage: 4, round: 1 })])).toBe(
      'serverless (repeat 2), stage 4: 100 of 1,000 images',
    );
    expect(line([arm(100, { stage: 4 })])).toBe('serverless, stage 4: 100 of 1,000 images');
  });

  it('says that an arm starts until its first batch is done', () => {
    const line = progressLine(() => clock, IMAGES);
    expect(line([arm(0)])).toBe('serverless: starting …');
    expect(line([arm(0, { arm: 'fleet' })])).toBe('fleet: booting …');
  });

  it('gives rate and time left, counted from the first batch', () => {
    const line = progressLine(() => clock, IMAGES);
    clock = 60_000;
    expect(line([arm(100)])).toBe('serverless: 100 of 1,000 images');
    clock = 62_000;
    expect(line([arm(100)])).toBe('serverless: 100 of 1,000 images');
    expect(line([arm(300)])).toBe('serverless: 300 of 1,000 images, 100/s, 7 s left');
    clock = 64_000;
    expect(line([arm(900)])).toBe('serverless: 900 of 1,000 images, 200/s, 1 s left');
  });

  it('says of an arm that is done only that, while another one goes on', () => {
    const line = progressLine(() => clock, IMAGES);
    line([arm(500), arm(0, { arm: 'fleet' })]);
    clock = 1_000;
    expect(line([arm(1_000), arm(0, { arm: 'fleet' })])).toBe(
      'serverless: all 1,000 images done   fleet: booting …',
    );
  });

  it('shows arms that run at once side by side, each with its own rate', () => {
    const line = progressLine(() => clock, IMAGES);
    line([arm(100), arm(10, { arm: 'fleet' })]);
    clock = 1_000;
    expect(line([arm(200), arm(60, { arm: 'fleet' })])).toBe(
      'serverless: 200 of 1,000 images, 100/s, 8 s left   fleet: 60 of 1,000 images, 50/s, 19 s left',
    );
  });

  it('names the repeat, and starts its rate anew', () => {
    const line = progressLine(() => clock, IMAGES);
    line([arm(100)]);
    clock = 1_000;
    expect(line([arm(500, { round: 1 })])).toBe('serverless (repeat 2): 500 of 1,000 images');
  });

  it('never divides by nothing', () => {
    const line = progressLine(() => clock, IMAGES);
    line([arm(1)]);
    expect(line([arm(2)])).toBe('serverless: 2 of 1,000 images');
  });
});
