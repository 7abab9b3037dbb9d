import { LAMBDA_LIMITS } from '../aws/limits.ts';
import type { ReportEnvironment } from '../contract/report-environment.ts';
import type { FunctionUsage, LambdaArchitecture } from './usage.ts';

/** MB of each function but `measure`, as serverless.yml has them. */
export const FUNCTION_MEMORY = {
  validate: 512,
  plan: 1024,
  prepare: 3008,
  reduce: LAMBDA_LIMITS.memoryPerVcpuMb,
  baseline: LAMBDA_LIMITS.memoryPerVcpuMb,
  launchFleet: 512,
  terminateFleet: 512,
  aggregate: LAMBDA_LIMITS.memoryPerVcpuMb,
  report: LAMBDA_LIMITS.memoryPerVcpuMb,
} as const;
export type HelperFunction = keyof typeof FUNCTION_MEMORY;

/** Custom metrics that `measure` sends: functions/measure-handler.ts. */
export const MEASURE_METRICS = 3;

/** Bytes that a call of a function logs: Lambda's START, END and REPORT, and one or two lines of our own. */
export const LOG_BYTES_PER_CALL = 1200;

/** All functions of a stack have one architecture, and so that of the one that aggregates. */
export function architectureOf({ platform }: Pick<ReportEnvironment, 'platform'>): LambdaArchitecture {
  return platform.endsWith(' arm64') ? 'arm64' : 'x86_64';
}

export function calls(
  name: HelperFunction,
  environment: Pick<ReportEnvironment, 'platform'>,
  billedMs: number,
  invocations = 1,
): FunctionUsage {
  return {
    architecture: architectureOf(environment),
    memoryMb: FUNCTION_MEMORY[name],
    invocations,
    billedMs: Math.max(0, billedMs),
  };
}
