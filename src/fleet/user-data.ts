import { EC2_LIMITS } from '../aws/limits.ts';
import { FanfleetError } from '../errors.ts';

/**
 * The user data of an instance: the variables as `export` lines, then the boot script unchanged.
 *
 * @returns base64, as RunInstances takes it
 * @throws FanfleetError `USER_DATA_TOO_LARGE`
 */
export function userData(script: string, variables: Readonly<Record<string, string>>): string {
  const [shebang, ...body] = script.split('\n');
  const exports = Object.entries(variables).map(([name, value]) => `export ${name}=${quote(value)}`);
  const text = [shebang, ...exports, ...body].join('\n');
  const bytes = Buffer.byteLength(text);
  if (bytes > EC2_LIMITS.userDataBytes) {
    throw new FanfleetError(
      'USER_DATA_TOO_LARGE',
      `Expected user data of at most ${EC2_LIMITS.userDataBytes} bytes but it has ${bytes}; shorten the boot script.`,
      { source: 'internal' },
    );
  }
  return Buffer.from(text).toString('base64');
}

/** Quote for a POSIX shell: nothing inside single quotes is special but the quote itself. */
function quote(value: string): string {
  return `'${value.replaceAll("'", `'\\''`)}'`;
}
