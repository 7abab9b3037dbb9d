import type { Job } from './job.ts';

/** What a contender shows: the limit, our own work, or another library at its best or as people write it first. */
export type ContenderKind = 'bound' | 'fanfleet' | 'tuned' | 'first';

export type Contender = {
  readonly name: string;
  readonly kind: ContenderKind;
  /** The program and arguments of its process, which speaks as bench/contenders/serve.ts does. */
  readonly command: (job: Job<string>) => readonly [string, ...string[]];
  /** Added to the environment of the process. */
  readonly env?: Readonly<Record<string, string>>;
};
