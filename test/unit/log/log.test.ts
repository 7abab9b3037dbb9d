import { expect, test } from 'vitest';
import { FanfleetError } from '../../../src/errors.ts';
import { createLogger } from '../../../src/log.ts';
import { metricsLine } from '../../../src/metrics-line.ts';

const lines: string[] = [];
const logger = createLogger(
  (line) => lines.push(line),
  () => Date.UTC(2026, 0, 2, 3, 4, 5, 6),
);
const last = () => JSON.parse(lines.at(-1) ?? '');

test('a line is one JSON object with level, message, time and the fields', () => {
  logger.info('batch\nmeasured', { runId: 'r', images: 3 });
  expect(lines.at(-1)).toBe(
    '{"level":"INFO","message":"batch\\nmeasured","timestamp":"2026-01-02T03:04:05.006Z","runId":"r","images":3}\n',
  );
  logger.warn('image failed');
  expect(last().level).toBe('WARN');
});

test('an error is shown with its stack and what caused it', () => {
  const cause = new TypeError('socket');
  const error = new FanfleetError('SlowDown', 'Too fast.', { cause, source: 'aws' });
  logger.error('measure failed', { error });
  expect(last()).toMatchObject({
    level: 'ERROR',
    error: {
      name: 'FanfleetError',
      message: '[SlowDown] Too fast.',
      stack: expect.stringContaining('log.test.ts'),
      cause: { name: 'TypeError', message: 'socket' },
    },
  });
});

test('metrics are a line in the embedded metric format', () => {
  const line = metricsLine(
    {
      namespace: 'fanfleet',
      dimensions: { service: 'measure', stage: 'prod' },
      values: { images: { value: 3, unit: 'Count' }, batchDuration: { value: 12.5, unit: 'Milliseconds' } },
    },
    1_767_323_045_006,
  );
  expect(line.endsWith('}\n')).toBe(true);
  expect(JSON.parse(line)).toEqual({
    _aws: {
      Timestamp: 1_767_323_045_006,
      CloudWatchMetrics: [
        {
          Namespace: 'fanfleet',
          Dimensions: [['service', 'stage']],
          Metrics: [
            { Name: 'images', Unit: 'Count' },
            { Name: 'batchDuration', Unit: 'Milliseconds' },
          ],
        },
      ],
    },
    service: 'measure',
    stage: 'prod',
    images: 3,
    batchDuration: 12.5,
  });
});
