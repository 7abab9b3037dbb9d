import { describe, expect, it } from 'vitest';
import { expectLocal } from '../../../cli/context.ts';

describe('expectLocal', () => {
  it('lets the offline stage pass', () => {
    expect(() => expectLocal({ stage: 'local' }, 'sls deploy')).not.toThrow();
  });

  it('refuses every other stage, as the user’s, and says what to do instead', () => {
    expect(() => expectLocal({ stage: 'prod' }, 'sls deploy')).toThrow(
      expect.objectContaining({
        code: 'OFFLINE_ONLY',
        source: 'user',
        message: expect.stringContaining('sls deploy'),
      }),
    );
  });
});
