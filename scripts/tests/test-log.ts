import { stripVTControlCharacters } from 'node:util';

/** The environment variable with the file to which a reporter adds a line of JSON for each test that has ended. */
export const TEST_LOG = 'FANFLEET_TEST_LOG';

/** One line of it: a test, or what was done before or after tests. */
export interface EndedTest {
  /** Relative to the root of the project; empty for what belongs to no file. */
  readonly file: string;
  /** Empty for the file itself, where it could not be loaded. */
  readonly name: string;
  readonly seconds: number;
  /** Why it failed; of one that passed when it was run again, why it had failed at first. */
  readonly error?: string;
  /** Whether it failed, was run again, and passed. */
  readonly isFlaky?: boolean;
}

/** What has an error to tell. */
export interface TestWithError extends EndedTest {
  readonly error: string;
}

/** Without the colours of its errors. A line that whoever was killed has left unfinished is left out. */
export function readTestLog(text: string): EndedTest[] {
  const lines = text.split('\n').slice(0, -1);
  return lines.flatMap((line) => {
    const test = parsed(line);
    if (test === undefined) return [];
    return test.error === undefined ? test : { ...test, error: stripVTControlCharacters(test.error) };
  });
}

/** Nothing where its writer was ended in the middle of the line. */
function parsed(line: string): EndedTest | undefined {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

export function hasFailed(test: EndedTest): test is TestWithError {
  return test.error !== undefined && test.isFlaky !== true;
}

export function isFlaky(test: EndedTest): test is TestWithError {
  return test.error !== undefined && test.isFlaky === true;
}

export function titleOf({ file, name }: EndedTest): string {
  return [file, name].filter((part) => part !== '').join(' > ');
}
