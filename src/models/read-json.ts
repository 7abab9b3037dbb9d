import { FanfleetError } from '../errors.ts';
import { invalidInput } from '../invalid-input.ts';

/** @throws FanfleetError `INVALID_INPUT` where a text is no JSON */
export function readJson(text: string, where: string): unknown {
  try {
    return JSON.parse(text.replace(/^\ufeff/, ''));
  } catch (cause) {
    throw invalidInput(where, [`Expected JSON but got: ${FanfleetError.from(cause).message}.`]);
  }
}
