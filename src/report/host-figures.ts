import type { HostUse } from '../aggregate/hosts.ts';
import { bytes, figure, memory, percent, UNKNOWN } from '../format.ts';

/** A host as the terminal and the page both show it. */
export interface HostFigures {
  readonly instanceId: string;
  readonly role: string;
  /** In the order of `HOST_COLUMNS`. */
  readonly cells: readonly string[];
  readonly state: string;
  readonly cpuOverTime: readonly (number | null)[];
}

export const HOST_COLUMNS = ['cores', 'CPU, mean', 'CPU, peak', 'peak memory', 'received', 'sent'] as const;

/** Of each host; a figure that was not measured is shown as unknown, and never as 0. */
export function hostFigures({ instanceId, role, utilisation, states }: HostUse): HostFigures {
  const measured = utilisation ?? {
    cpus: null,
    cpuMean: null,
    cpuPeak: null,
    memoryPeakBytes: null,
    receivedBytes: null,
    sentBytes: null,
    cpuOverTime: [],
  };
  return {
    instanceId,
    role: role ?? UNKNOWN,
    cells: [
      cores(measured.cpus),
      percent(measured.cpuMean),
      percent(measured.cpuPeak),
      memory(measured.memoryPeakBytes),
      bytes(measured.receivedBytes),
      bytes(measured.sentBytes),
    ],
    state: states.at(-1)?.state ?? UNKNOWN,
    cpuOverTime: measured.cpuOverTime,
  };
}

/** A quota may be a part of a core. */
export function cores(value: number | null): string {
  return value === null || Number.isInteger(value) ? String(value ?? UNKNOWN) : figure(value);
}
