/** Whose doing an error is: the user's input, AWS (or the offline AWS), or fanfleet itself. */
export type ErrorSource = 'user' | 'aws' | 'internal';

/**
 * The one error class that fanfleet throws on purpose.
 *
 * The message starts with the code, names the input, what was expected and what to do.
 *
 * @example
 * throw new FanfleetError('NO_IMAGES', 'Expected images under s3://b/train/ but found none.', { source: 'user' });
 */
export class FanfleetError extends Error {
  override readonly name = 'FanfleetError';
  readonly code: string;
  readonly source: ErrorSource;

  constructor(code: string, message: string, options: { cause?: unknown; source: ErrorSource }) {
    super(`[${code}] ${message}`, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.source = options.source;
  }

  /** Turn anything that was thrown into a FanfleetError; one that already is comes back as it is. */
  static from(reason: unknown, source: ErrorSource = 'internal'): FanfleetError {
    if (reason instanceof FanfleetError) return reason;
    if (reason instanceof Error) {
      return new FanfleetError(reason.name || 'UNKNOWN', reason.message, { cause: reason, source });
    }
    return new FanfleetError('UNKNOWN', String(reason), { cause: reason, source });
  }
}
