import { describe, expect, it } from 'vitest';
import { constantsOf } from '../../../src/aggregate/constants.ts';
import { datasetStatistics, statisticsOf } from '../../../src/aggregate/statistics.ts';
import { rowOf } from './fixture.ts';

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

  it('has none where the operation leaves out mean or deviation', () => {
    const dataset = datasetStatistics(statisticsOf(rowOf('a', [0, 0, 0], [1, 1, 1], 'mean')));
    expect(dataset && constantsOf(dataset)).toBeNull();
  });
});
