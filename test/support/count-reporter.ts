import { appendFileSync } from 'node:fs';
import type { Reporter, SerializedError, TestCase, TestModule, TestSuite } from 'vitest/node';
import { type EndedTest, TEST_LOG } from '../../scripts/tests/test-log.ts';

/** Ends the output with one line that says how it went: `N passed, N failed`. Tells each test to the log, if there is one. */
export default class CountReporter implements Reporter {
  readonly #log = process.env[TEST_LOG];
  #failed = 0;
  #passed = 0;

  constructor() {
    // Tests of vitest itself in a test are none of these.
    delete process.env[TEST_LOG];
  }

  onTestCaseResult(test: TestCase): void {
    const { state, errors } = test.result();
    if (state === 'passed') this.#passed += 1;
    if (state === 'failed') this.#failed += 1;
    if (state === 'skipped') return;
    const { duration = 0, flaky = false } = test.diagnostic() ?? {};
    // One that was run again keeps the errors of its first try.
    const told = state === 'failed' || flaky ? errors : [];
    this.#tell(test.module, test.fullName, duration / 1_000, told, flaky);
  }

  // What stands before or after all tests of a suite, and a file that could not be loaded.
  onTestSuiteResult(suite: TestSuite): void {
    this.#tellErrors(suite.module, suite.fullName, suite.errors());
  }

  onTestModuleEnd(module: TestModule): void {
    this.#tellErrors(module, '', module.errors());
  }

  onTestRunEnd(modules: readonly TestModule[], errors: readonly SerializedError[]): void {
    for (const error of errors) {
      const module = modules.find(({ moduleId }) => moduleId === error.VITEST_TEST_PATH);
      this.#tellErrors(module, 'outside of any test', [error]);
    }
    process.stdout.write(`\n${this.#passed} passed, ${this.#failed} failed\n`);
  }

  #tellErrors(module: TestModule | undefined, name: string, errors: readonly SerializedError[]): void {
    this.#failed += errors.length;
    for (const error of errors) this.#tell(module, name, 0, [error]);
  }

  #tell(
    module: TestModule | undefined,
    name: string,
    seconds: number,
    errors: readonly SerializedError[] | undefined = [],
    isFlaky = false,
  ): void {
    if (this.#log === undefined) return;
    const ended: EndedTest = {
      file: module?.relativeModuleId ?? '',
      name,
      seconds,
      ...(errors.length > 0 && { error: errors.map(textOf).join('\n') }),
      ...(isFlaky && { isFlaky }),
    };
    appendFileSync(this.#log, `${JSON.stringify(ended)}\n`);
  }
}

function textOf({ name, message, stacks = [], stack = '', diff }: SerializedError): string {
  const [first] = stacks;
  // Only the stacks of tests and suites have been read.
  const place =
    first === undefined ? /^ *(at .*)$/m.exec(stack)?.[1] : `at ${first.file}:${first.line}:${first.column}`;
  const lines = [name === undefined ? message : `${name}: ${message}`, place, diff];
  return lines.filter((line) => typeof line === 'string').join('\n');
}
