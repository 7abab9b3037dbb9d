import { FanfleetError } from '../errors.ts';
import type { Kernel } from './kernel.ts';
import { ADDON_PATH, loadAddon } from './native-addon.ts';
import { createNativeKernel } from './native-kernel.ts';

/** Which kernels there are. `portable` needs nothing but the installed packages. */
export const KERNELS = ['native', 'portable'] as const;
export type KernelName = (typeof KERNELS)[number];

/**
 * The native kernel where its addon was built, else the portable one; or the one that is asked for. Its `name` tells.
 *
 * @param wanted @default the fastest that is there
 * @param addonPath @default where `npm run build:native` puts it
 * @throws FanfleetError `NATIVE_KERNEL_MISSING` if it is asked for and was not built, or `NATIVE_KERNEL_BROKEN`
 */
export async function chooseKernel(wanted?: KernelName, addonPath: string = ADDON_PATH): Promise<Kernel> {
  const addon = wanted === 'portable' ? undefined : loadAddon(addonPath);
  if (addon !== undefined) return createNativeKernel(addon);
  if (wanted === 'native') {
    const message = `Expected the native kernel at ${addonPath} but it was not built: npm run build:native`;
    throw new FanfleetError('NATIVE_KERNEL_MISSING', message, { source: 'user' });
  }
  const { configureSharp, createSharpKernel } = await import('./sharp-kernel.ts');
  configureSharp({ threads: 1 });
  return createSharpKernel();
}
