import type { Context } from './context.ts';

/** What a command ends with. */
export interface Outcome {
  readonly json: unknown;
  readonly text: string;
  readonly exitCode?: number;
}

/** Does the work of a command with a context made from the global options. */
export type Act = (work: (context: Context) => Promise<Outcome>) => Promise<void>;
