import { readFileSync } from 'node:fs';
import process from 'node:process';

/**
 * What the OpenBLAS in the package of faiss has to be told: it does not know newer processors of x86-64, and takes the oldest
 * code for them. Undefined where that is another one.
 */
export function openblasCore(): 'SkylakeX' | 'Haswell' | undefined {
  if (process.platform !== 'linux' || process.arch !== 'x64') return undefined;
  return /\bavx512vl\b/.test(readFileSync('/proc/cpuinfo', 'utf8')) ? 'SkylakeX' : 'Haswell';
}
