import { describe, expect, it } from 'vitest';
import { runFailed } from '../../../cli/commands/run.ts';
import { exitCodeOfError } from '../../../cli/exit-code.ts';
import type { Execution } from '../../../src/run/start.ts';

const failed = (fields: Partial<Execution>) =>
  runFailed({
    runId: 'r1',
    arn: 'arn',
    status: 'FAILED',
    startedAt: 0,
    endedAt: 1,
    error: null,
    cause: null,
    ...fields,
  });

describe('runFailed', () => {
  it('gives back our own error of a function: its code, its words, the exit code of bad input', () => {
    const cause = JSON.stringify({
      errorType: 'PREFIX_EMPTY',
      errorMessage: '[PREFIX_EMPTY] Expected objects under s3://b/x/ but found none.',
      trace: ['at …'],
    });
    const error = failed({ error: 'Runtime.HandlerError', cause });
    expect(error).toMatchObject({
      code: 'PREFIX_EMPTY',
      message: '[PREFIX_EMPTY] Expected objects under s3://b/x/ but found none.',
      source: 'user',
    });
    expect(exitCodeOfError(error)).toBe(2);
  });

  it.each([
    [
      'an error of AWS in a function',
      { error: 'NoSuchBucket', cause: JSON.stringify({ errorMessage: '[NoSuchBucket] It does not exist' }) },
      'NoSuchBucket',
      '[NoSuchBucket] It does not exist',
    ],
    [
      'an error of Step Functions',
      { error: 'States.Timeout', cause: 'It took too long' },
      'States.Timeout',
      '[States.Timeout] It took too long',
    ],
    ['a cause that is JSON of another kind', { error: 'X', cause: '{"a":1}' }, 'X', '[X] {"a":1}'],
    ['a cause that is null as JSON', { error: 'X', cause: 'null' }, 'X', '[X] null'],
    [
      'no error at all',
      { status: 'TIMED_OUT' as const },
      'TIMED_OUT',
      '[TIMED_OUT] The run r1 ended as TIMED_OUT.',
    ],
    [
      'a stop',
      { status: 'ABORTED' as const, error: 'Stopped', cause: 'By the user' },
      'Stopped',
      '[Stopped] By the user',
    ],
  ])('of %s is one of AWS', (_, fields, code, message) => {
    const error = failed(fields);
    expect(error).toMatchObject({ code, message, source: 'aws' });
    expect(exitCodeOfError(error)).toBe(7);
  });
});
