import { invalidInput } from './invalid-input.ts';

/**
 * What a JSON text that somebody may have changed says.
 *
 * @param where it is, e.g. its address in S3: the error begins with it
 * @throws FanfleetError `INVALID_INPUT` where it is no JSON, or not all of it
 */
export function parseJsonText(text: Buffer | string, where: string): unknown {
  try {
    return JSON.parse(text.toString());
  } catch (reason) {
    throw invalidInput(where, [`Expected JSON but found none: ${(reason as SyntaxError).message}.`]);
  }
}
