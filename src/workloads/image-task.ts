import { DEPTHS } from '../contract/depth.ts';
import { NORMALISED_FORMATS, type Normalisation } from '../contract/normalisation.ts';
import { OPERATIONS } from '../contract/operation.ts';
import type { PerChannel } from '../contract/row.ts';
import type { Workload } from '../contract/workload.ts';
import { type Fields, isInteger, readFields } from '../fields.ts';
import { invalidInput, problemOf } from '../invalid-input.ts';
import type { ImageTask } from '../kernel/image-task.ts';
import { WORKLOAD_NAMES, type WorkloadName } from './names.ts';

/** Without zod, which takes as long to load as all else in `measure`. */
const READERS: Readonly<Record<WorkloadName, (params: Fields) => ImageTask>> = {
  statistics: (params) => ({
    operation: params.oneOf('operation', OPERATIONS),
    depth: params.oneOf('depth', DEPTHS),
  }),
  histogram: (params) => ({ operation: 'histogram', depth: params.oneOf('depth', DEPTHS) }),
  normalise: (params) => ({ operation: 'normalise', normalisation: readNormalisation(params) }),
};

/**
 * What the kernels do with each image of a workload.
 *
 * @throws FanfleetError `INVALID_INPUT` that lists what is wrong with its settings, or names the workloads that there are
 */
export function imageTask({ name, params }: Workload): ImageTask {
  const read = Object.hasOwn(READERS, name) ? READERS[name as WorkloadName] : undefined;
  if (read !== undefined) return readFields(params, `The workload ${name}`, read);
  const names = WORKLOAD_NAMES.map((known) => JSON.stringify(known)).join(', ');
  throw invalidInput('The workload', [problemOf(`one of ${names}`, 'name', name)]);
}

function readNormalisation(params: Fields): Normalisation {
  const range = params.optional('range', (name) => params.object(name, readRange));
  return {
    format: params.oneOf('format', NORMALISED_FORMATS),
    channels: params.oneOf('channels', ['all', 'each']),
    quality: params.integer('quality', 1, 100),
    ...(range && { range }),
  };
}

function readRange(range: Fields): NonNullable<Normalisation['range']> {
  const perChannel = (name: string) => range.take(name, 'three integers', isPerChannel, [0, 0, 0]);
  const depth = range.optional('depth', (name) => range.take(name, '16', isDeep, 16));
  return { min: perChannel('min'), max: perChannel('max'), ...(depth && { depth }) };
}

function isDeep(value: unknown): value is 16 {
  return value === 16;
}

function isPerChannel(value: unknown): value is PerChannel {
  return Array.isArray(value) && value.length === 3 && value.every(isInteger);
}
