import { describe, expect, it } from 'vitest';
import { parse } from '../../../src/parse.ts';
import { armTimes, passesSchema } from '../../../src/report/arm-times.ts';

const times = { startedAt: '2026-11-21T09:30:00.250Z', endedAt: '2026-11-21T09:31:00.000Z' };
const at = (text: string) => Date.parse(text);

describe('armTimes', () => {
  it('leaves out skipped branches and keeps the order of the passes', () => {
    const passes = parse(
      passesSchema,
      [
        [
          { arm: 'serverless', round: 0, status: 'succeeded', ...times },
          { arm: 'fleet', round: 0, status: 'skipped' },
        ],
        [
          { arm: 'serverless', round: 0, status: 'skipped' },
          {
            arm: 'fleet',
            round: 0,
            status: 'failed',
            ...times,
            error: { Error: 'States.Timeout', Cause: 'late' },
          },
        ],
      ],
      'The passes',
    );
    expect(armTimes(passes)).toEqual([
      {
        arm: 'serverless',
        round: 0,
        status: 'succeeded',
        startedAt: at(times.startedAt),
        endedAt: at(times.endedAt),
        error: null,
      },
      {
        arm: 'fleet',
        round: 0,
        status: 'failed',
        startedAt: at(times.startedAt),
        endedAt: at(times.endedAt),
        error: { code: 'States.Timeout', message: 'late' },
      },
    ]);
  });

  it('takes an error without a name or cause', () => {
    const passes = passesSchema.parse([[{ arm: 'fleet', round: 1, status: 'failed', ...times, error: {} }]]);
    expect(armTimes(passes)[0]?.error).toEqual({ code: 'Unknown', message: '' });
  });

  it.each([
    ['a status that is not known', { status: 'lost' }],
    ['a time that is none', { status: 'succeeded', ...times, endedAt: 'yesterday' }],
    ['a success without times', { status: 'succeeded' }],
    ['a failure without its error', { status: 'failed', ...times }],
  ])('refuses %s', (_, fields) => {
    expect(() => parse(passesSchema, [[{ arm: 'fleet', round: 0, ...fields }]], 'The passes')).toThrow(
      'INVALID_INPUT',
    );
  });
});
