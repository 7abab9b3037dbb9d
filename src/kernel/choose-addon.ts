import type { KernelChoice } from '../contract/kernel-choice.ts';
import { FanfleetError } from '../errors.ts';
import { loadAddon, type WholeAddon } from './native-addon.ts';

/**
 * The addon, or undefined where WebAssembly takes its place.
 *
 * @throws FanfleetError as `chooseKernel`
 */
export function chooseAddon(wanted: KernelChoice, addonPath: string): WholeAddon | undefined {
  const addon = wanted === 'portable' ? undefined : loadAddon(addonPath);
  if (addon === undefined && wanted === 'native') {
    const message = `Expected the native kernel at ${addonPath} but it was not built: npm run build:native. Or ask for the kernel auto or portable.`;
    throw new FanfleetError('NATIVE_KERNEL_MISSING', message, { source: 'user' });
  }
  return addon;
}
