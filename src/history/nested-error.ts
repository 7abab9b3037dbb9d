import * as z from 'zod';

/** What a state catches. */
export const caughtSchema = z.object({ Error: z.string(), Cause: z.string().default('') });

/** The cause of an execution that was waited for with `.sync:2`: its description, which has its own error. */
const descriptionSchema = z.object({
  Status: z.string(),
  Error: z.string().optional(),
  Cause: z.string().optional(),
});
/** The cause of a function that failed. */
const functionSchema = z.object({ errorMessage: z.string() });

/** Longer causes have a stack or an input in them. */
const MOST_CHARACTERS = 2_000;

/** Why the benchmark's execution failed, in the words of what failed in it. */
export function nestedError({ Error: caught, Cause: cause }: z.infer<typeof caughtSchema>) {
  const inner = descriptionSchema.safeParse(jsonOf(cause)).data;
  const outermost = inner?.Cause ?? inner?.Status ?? cause;
  const message = functionSchema.safeParse(jsonOf(outermost)).data?.errorMessage ?? outermost;
  // Errors of our own begin with their code.
  const code = /^\[([\w.]+)\] /.exec(message);
  return {
    code: code?.[1] ?? inner?.Error ?? caught,
    message: message.slice(code?.[0].length ?? 0).slice(0, MOST_CHARACTERS),
  };
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
