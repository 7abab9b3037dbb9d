import type { Catalogue, Switch } from '../../../src/ablation/switch.ts';
import type { Took } from '../../../src/ablation/took.ts';

/** A switch that sets what its name is, unless it is told otherwise. */
export function named(name: string, changes: Partial<Switch> = {}): Switch {
  return {
    name,
    what: `what ${name} is`,
    expected: 'little',
    needs: [],
    choices: { [name]: true },
    ...changes,
  };
}

/** Two engines, the second of which has less. */
export const CATALOGUE: Catalogue = {
  mistakes: [named('lists'), named('one-by-one', { choices: { ahead: 0 } })].map(mutable),
  optimizations: [
    named('clients'),
    named('ahead', { needs: ['clients'] }),
    named('further', { needs: ['ahead'] }),
  ].map(mutable),
  engines: {
    ray: { module: 'ray_data', switches: ['lists', 'one-by-one', 'clients', 'ahead', 'further'] },
    daft: { module: 'daft_frame', switches: ['lists', 'ahead'] },
  },
};

function mutable({ needs, ...one }: Switch) {
  return { ...one, needs: [...needs] };
}

export const TOOK: Took = {
  seconds: 36,
  cpuSeconds: 50,
  ownBytes: 3 * 2 ** 20,
  idleBytes: 2 ** 20,
  driverBytes: 2 ** 19,
  storeBytes: 2 ** 20,
  puts: 10,
  gets: 100,
  bytesRead: 2 ** 20,
  bytesWritten: 1024,
  files: 1,
  digest: 'same',
  images: 100,
};
