import { readFileSync } from 'node:fs';
import { type Processor, processorOf } from '../contract/processor.ts';

let own: Processor | null | undefined;

/** That of this machine, read once; null where it is not known, as on systems other than Linux. */
export function ownProcessor(): Processor | null {
  if (own === undefined) own = read();
  return own;
}

function read(): Processor | null {
  try {
    return processorOf(readFileSync('/proc/cpuinfo', 'utf8'), process.arch);
  } catch {
    return null;
  }
}
