import { describe, expect, it } from 'vitest';
import { FanfleetError } from '../../../src/errors.ts';

describe('FanfleetError', () => {
  it('says its code first and keeps code, source and cause', () => {
    const cause = new Error('below');
    const error = new FanfleetError('NO_IMAGES', 'Expected images but found none.', {
      cause,
      source: 'user',
    });
    expect(error).toBeInstanceOf(Error);
    expect(error).toMatchObject({ name: 'FanfleetError', code: 'NO_IMAGES', source: 'user', cause });
    expect(error.message).toBe('[NO_IMAGES] Expected images but found none.');
  });

  it('has no cause unless one is given', () => {
    expect('cause' in new FanfleetError('A', 'b', { source: 'internal' })).toBe(false);
  });
});

describe('FanfleetError.from', () => {
  it('gives one back as it is, whatever source is asked for', () => {
    const error = new FanfleetError('NOT_UP', 'It is not up.', { source: 'user' });
    expect(FanfleetError.from(error, 'aws')).toBe(error);
  });

  it('takes the name of another error as its code, and the error as its cause', () => {
    const reason = Object.assign(new Error('Rate exceeded'), { name: 'ThrottlingException' });
    expect(FanfleetError.from(reason, 'aws')).toMatchObject({
      code: 'ThrottlingException',
      message: '[ThrottlingException] Rate exceeded',
      source: 'aws',
      cause: reason,
    });
  });

  it.each([
    ['a string', 'out of luck', '[UNKNOWN] out of luck'],
    ['nothing', undefined, '[UNKNOWN] undefined'],
    ['null', null, '[UNKNOWN] null'],
    ['an object', { code: 7 }, '[UNKNOWN] [object Object]'],
    ['an error without a name', Object.assign(new Error('x'), { name: '' }), '[UNKNOWN] x'],
  ])('makes one of %s', (_, reason, message) => {
    expect(FanfleetError.from(reason)).toMatchObject({ code: 'UNKNOWN', message, source: 'internal' });
  });
});
