import { describe, expect, it } from 'vitest';
import { constantsNote, constantsOf } from '../../../../src/workloads/statistics/constants.ts';
import { datasetStatistics, statisticsOf } from '../../../../src/workloads/statistics/statistics.ts';
import { rowOf } from '../../aggregate/fixture.ts';

describe('constantsOf', () => {
  it('writes mean and deviation as each library wants them', () => {
    // Half of the pixels 0 and half 255, 102 and 51: their deviation is their mean.
    const dataset = datasetStatistics(statisticsOf(rowOf('a', [0, 0, 0], [255, 102, 51])));
    expect(dataset && constantsOf(dataset)).toEqual({
      torchvision: 'transforms.Normalize(mean=[0.5, 0.2, 0.1], std=[0.5, 0.2, 0.1])',
      keras: 'keras.layers.Normalization(mean=[127.5, 51, 25.5], variance=[16256.25, 2601, 650.25])',
      albumentations: 'A.Normalize(mean=(0.5, 0.2, 0.1), std=(0.5, 0.2, 0.1), max_pixel_value=255.0)',
    });
  });

  it('keeps as many digits as a float32 has', () => {
    const dataset = datasetStatistics(statisticsOf(rowOf('a', [0, 0, 0], [85, 85, 1])));
    const [, third = ''] = /\[([\d.]+)/.exec((dataset && constantsOf(dataset)?.torchvision) ?? '') ?? [];
    expect(third).toBe('0.166666667');
    expect(Math.fround(Number(third))).toBe(Math.fround(1 / 6));
  });

  it('has nothing that divides by 0 where channels never vary, and says so', () => {
    // Red is 51 everywhere; green is half 0, half 255.
    const dataset = datasetStatistics(statisticsOf(rowOf('a', [51, 0, 0], [51, 255, 0])));
    const known = dataset ?? expect.fail('no statistics');
    expect(constantsOf(known)).toEqual({
      torchvision: 'transforms.Normalize(mean=[0.2, 0.5, 0], std=[1, 0.5, 1])',
      keras: 'keras.layers.Normalization(mean=[51, 127.5, 0], variance=[65025, 16256.25, 65025])',
      albumentations: 'A.Normalize(mean=(0.2, 0.5, 0), std=(1, 0.5, 1), max_pixel_value=255.0)',
    });
    expect(constantsNote(known)).toMatch(/^All pixels have the same red and blue: .*torchvision refuses/);
  });

  it.each([
    ['one pixel', 1, 51, [0.2, 0.2, 0.2]],
    ['all black', 1000, 0, [0, 0, 0]],
    ['all white', 7, 255, [1, 1, 1]],
  ])('has finite constants for images of %s', (_, pixels, value, mean) => {
    const level = [value, value, value] as const;
    const sum = level.map((each) => each * pixels) as [number, number, number];
    const sumSq = sum.map((each) => each * value) as [number, number, number];
    const row = {
      key: 'a',
      width: pixels,
      height: 1,
      channels: 3,
      sum,
      sumSq,
      min: level,
      max: level,
    } as const;
    const dataset = datasetStatistics(statisticsOf(row)) ?? expect.fail('no statistics');
    expect(dataset.channels.map(({ std }) => std)).toEqual(Array(3).fill({ level: 0, unit: 0 }));
    expect(constantsOf(dataset)?.torchvision).toBe(
      `transforms.Normalize(mean=[${mean.join(', ')}], std=[1, 1, 1])`,
    );
    expect(constantsNote(dataset)).toContain('the same red, green, and blue');
  });

  it('has nothing to say where every channel varies', () => {
    const dataset = datasetStatistics(statisticsOf(rowOf('a', [0, 0, 0], [255, 102, 51])));
    expect(dataset && constantsNote(dataset)).toBeNull();
  });

  it('has none where the operation leaves out mean or deviation', () => {
    const dataset = datasetStatistics(statisticsOf(rowOf('a', [0, 0, 0], [1, 1, 1], 'mean')));
    expect(dataset && constantsOf(dataset)).toBeNull();
  });
});
