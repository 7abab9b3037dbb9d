import type { FleetUsage, S3Usage, ServerlessUsage } from '../../../src/cost/usage.ts';

export type { InstanceUsage } from '../../../src/cost/usage.ts';

/** Nothing at all, to be filled by a test with what it is about. */
export const NO_S3: S3Usage = { lists: 0, gets: 0, puts: 0, storedBytes: 0, storedDays: 0 };

export const NO_SERVERLESS: ServerlessUsage = {
  architecture: 'arm64',
  memoryMb: 1769,
  invocations: 0,
  billedMs: 0,
  stateTransitions: 0,
  expressRequests: 0,
  expressMs: 0,
  s3: NO_S3,
};

export const NO_FLEET: FleetUsage = {
  instances: [],
  publicIps: 0,
  stateTransitions: 0,
  functions: [],
  s3: NO_S3,
};
