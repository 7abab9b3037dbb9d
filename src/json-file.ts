import { readFile, rename, writeFile } from 'node:fs/promises';
import type { z } from 'zod';
import { FanfleetError } from './errors.ts';
import { parse } from './parse.ts';

/**
 * Read a file that `writeJsonFile` has written.
 *
 * @param unreadable the code of the error where there is no such file or it is no JSON
 * @param what the file is called in that error, e.g. `the sweep.json of a sweep`
 * @throws FanfleetError of that code, or `INVALID_INPUT` where it is something else
 */
export async function readJsonFile<S extends z.ZodType>(
  file: string,
  schema: S,
  { unreadable, what }: { readonly unreadable: string; readonly what: string },
): Promise<z.output<S>> {
  let value: unknown;
  try {
    value = JSON.parse(await readFile(file, 'utf8'));
  } catch (cause) {
    const message = `Expected ${what} at ${file} but could not read it: ${FanfleetError.from(cause).message}.`;
    throw new FanfleetError(unreadable, message, { cause, source: 'user' });
  }
  return parse(schema, value, file) as z.output<S>;
}

/** Write a file whole or not at all: it can be all that there is of hours of measuring. */
export async function writeJsonFile(file: string, value: unknown): Promise<void> {
  await writeFile(`${file}.new`, `${JSON.stringify(value, null, 2)}\n`);
  await rename(`${file}.new`, file);
}
