import type { KernelChoice } from '../contract/kernel-choice.ts';
import { prepareCentres } from './centres.ts';
import { chooseAddon } from './choose-addon.ts';
import type { Kernel } from './kernel.ts';
import { ADDON_PATH } from './native-addon.ts';
import { createNativeKernel } from './native-kernel.ts';
import { prepareNearest } from './nearest.ts';
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
  const own = addon === undefined ? 'portable' : 'native';
  const kernel = addon === undefined ? await portable() : createNativeKernel(addon);
  return {
    ...kernel,
    nearest: (training, length) => prepareNearest(training, length, own, addonPath),
    centres: (centres, length) => prepareCentres(own, centres, length, addonPath),
  };
}

async function portable(): Promise<Kernel> {
  const { createWasmKernel } = await import('./wasm/wasm-kernel.ts');
  return createWasmKernel();
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
