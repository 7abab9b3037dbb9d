/** What a stack was deployed with, as validate reads it from its environment. */
export const DEPLOYMENT = {
  stage: 'prod',
  dataBucket: 'data',
  requesterPays: false,
  runsBucket: 'runs',
  measureFunction: 'f',
  measureModelFunction: 'f-model',
  models: true,
  memory: 1769,
  concurrency: 10,
  batchSize: 100,
  schedule: 'parallel',
  fleetHeartbeat: 600,
  nativeKernels: { packedFor: ['x64', 'arm64'], functions: 'arm64' },
} as const;
