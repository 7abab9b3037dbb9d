/**
 * The one way out of this package: its errors and its checks of options are those of the command line that starts it, so
 * that a person reads one kind of message. Whoever takes the package elsewhere brings these along.
 */
export { EC2_LIMITS } from '../../src/aws/limits.ts';
export { FanfleetError } from '../../src/errors.ts';
export { parse } from '../../src/parse.ts';
