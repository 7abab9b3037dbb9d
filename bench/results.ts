import type { Spread } from '../src/statistics/median.ts';
import type { Agreement } from './agreement.ts';
import type { ContenderKind } from './contender.ts';
import type { Environment } from './environment.ts';
import type { Source, Task } from './job.ts';

/** What a run of the bench found: the file that it writes as JSON. */
export type BenchResults = {
  readonly command: string;
  readonly environment: Environment;
  readonly cases: readonly CaseResult[];
  readonly starts: readonly StartResult[];
};

export type CaseResult = {
  readonly group: string;
  readonly set: { readonly title: string; readonly images: number; readonly bytes: number };
  readonly source: Source;
  readonly task: Task;
  readonly threads: number;
  readonly contenders: readonly ContenderResult[];
};

export type ContenderResult = {
  readonly name: string;
  readonly kind: ContenderKind;
} & (Measurement | { readonly failure: string });

/** Its figures by round, in the order of the rounds. */
export type Measurement = {
  readonly itemsPerSecond: readonly number[];
  /** User and system time of the contender's processes; none where the machine does not tell. */
  readonly cpuMsPerImage: readonly number[];
  /** The same of the S3 server, which shares the cores. */
  readonly serverCpuMsPerImage: readonly number[];
  /** The most memory that its processes had, from their start on; what they share is counted for each. */
  readonly peakBytes: number | undefined;
  /** Undefined for the bound, which has no results. */
  readonly agreement: Agreement | undefined;
};

/** How long a program took from its start to its end, and what of the processors. */
export type StartResult = {
  readonly name: string;
  readonly milliseconds: Spread;
  readonly cpuMs: Spread;
  readonly zipBytes: number | undefined;
};
