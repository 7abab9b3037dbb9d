import type { KernelChoice } from '../contract/kernel-choice.ts';
import { FanfleetError } from '../errors.ts';
import type { Kernel } from './kernel.ts';
import { ADDON_PATH, loadAddon, type NativeAddon, type NearestAddon } from './native-addon.ts';
import { createNativeKernel } from './native-kernel.ts';
import { onceDone } from './once-done.ts';

/**
 * The native kernel where its addon was built, else the portable one, which needs no build; or the one that is asked for.
 * Its `name` tells.
 *
 * @param addonPath @default where `npm run build:native` puts it
 * @throws FanfleetError `NATIVE_KERNEL_MISSING` if it is asked for and was not built, or `NATIVE_KERNEL_BROKEN`
 */
export async function chooseKernel(
  wanted: KernelChoice = 'auto',
  addonPath: string = ADDON_PATH,
): Promise<Kernel> {
  const addon = chooseAddon(wanted, addonPath);
  if (addon !== undefined) return createNativeKernel(addon);
  const { createWasmKernel } = await import('./wasm/wasm-kernel.ts');
  return createWasmKernel();
}

/**
 * The addon, or undefined where WebAssembly takes its place.
 *
 * @throws FanfleetError as `chooseKernel`
 */
export function chooseAddon(
  wanted: KernelChoice,
  addonPath: string,
): (NativeAddon & NearestAddon) | undefined {
  const addon = wanted === 'portable' ? undefined : loadAddon(addonPath);
  if (addon === undefined && wanted === 'native') {
    const message = `Expected the native kernel at ${addonPath} but it was not built: npm run build:native. Or ask for the kernel auto or portable.`;
    throw new FanfleetError('NATIVE_KERNEL_MISSING', message, { source: 'user' });
  }
  return addon;
}

/** Chooses for one job after the other, of which each says its own: what was loaded once is kept. */
export function kernelChooser(addonPath: string): (wanted: KernelChoice) => Promise<Kernel> {
  const chosen = new Map<KernelChoice, () => Promise<Kernel>>();
  return (wanted) => {
    const choose = chosen.get(wanted) ?? onceDone(() => chooseKernel(wanted, addonPath));
    chosen.set(wanted, choose);
    return choose();
  };
}
