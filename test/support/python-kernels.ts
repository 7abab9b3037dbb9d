import { loadAddon } from '../../src/kernel/native-addon.ts';

/** Those of ec2-workers/fanfleet/kernels.py that there are here: the native one takes part where it was built. */
export const PYTHON_KERNELS = [
  'portable',
  ...(loadAddon() === undefined ? [] : (['native'] as const)),
] as const;
export type PythonKernel = (typeof PYTHON_KERNELS)[number];
