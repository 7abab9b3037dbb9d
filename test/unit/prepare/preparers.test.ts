import { expect, it } from 'vitest';
import type { PrepareOptions } from '../../../src/prepare/options.ts';
import { prepareInputs } from '../../../src/prepare/preparers.ts';
import { WORKLOADS } from '../../../src/workloads/facts.ts';
import { WORKLOAD_NAMES } from '../../../src/workloads/names.ts';
import { resolveWorkload, workloadRequestSchema } from '../../../src/workloads/schemas.ts';

/** Whoever makes inputs asks for the images first. */
const asked = new Error('asked for the images');
const options = {
  manifest: () => {
    throw asked;
  },
  training: () => {
    throw asked;
  },
} as unknown as PrepareOptions;

it.each(WORKLOAD_NAMES)('the inputs of %s are made, if it has some', async (name) => {
  const made = prepareInputs(resolveWorkload(workloadRequestSchema.parse({ name })), options);
  if (WORKLOADS[name].inputs.length > 0) await expect(made).rejects.toBe(asked);
  else await expect(made).rejects.toThrow(`Expected a workload with inputs for \`workload.name\``);
});
