import { expect, it } from 'vitest';
import type { PrepareOptions } from '../../../src/prepare/options.ts';
import { prepareInputs } from '../../../src/prepare/preparers.ts';
import { WORKLOADS } from '../../../src/workloads/facts.ts';
import { WORKLOAD_NAMES } from '../../../src/workloads/names.ts';
import { resolveWorkload, workloadRequestSchema } from '../../../src/workloads/schemas.ts';
import { leastRequest } from '../workloads/least-request.ts';

/** Whoever makes inputs asks for the images first, or for other files. */
const asked = new Error('asked for what inputs are made of');
const options = {
  manifest: () => {
    throw asked;
  },
  training: () => {
    throw asked;
  },
  filesOf: () => {
    throw asked;
  },
} as unknown as PrepareOptions;

it.each(WORKLOAD_NAMES)('the inputs of %s are made, if it has some', async (name) => {
  const made = prepareInputs(resolveWorkload(workloadRequestSchema.parse(leastRequest(name))), options);
  if (WORKLOADS[name].inputs.length > 0) await expect(made).rejects.toBe(asked);
  else await expect(made).rejects.toThrow(`Expected a workload with inputs for \`workload.name\``);
});
