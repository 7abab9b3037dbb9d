import { DEPTHS } from '../contract/depth.ts';
import { NORMALISED_FORMATS, type Normalisation } from '../contract/normalisation.ts';
import { OPERATIONS } from '../contract/operation.ts';
import type { PerChannel } from '../contract/row.ts';
import type { Workload } from '../contract/workload.ts';
import { type Fields, isInteger, readFields } from '../fields.ts';
import type { ImageTask } from '../kernel/image-task.ts';

/** Without zod, which takes as long to load as all else in `measure`. */
const READERS = {
  statistics: (params: Fields): ImageTask => ({
    operation: params.oneOf('operation', OPERATIONS),
    depth: params.oneOf('depth', DEPTHS),
  }),
  histogram: (params: Fields): ImageTask => ({
    operation: 'histogram',
    depth: params.oneOf('depth', DEPTHS),
  }),
  normalise: (params: Fields): ImageTask => ({
    operation: 'normalise',
    normalisation: readNormalisation(params),
  }),
};

export type ImageTaskName = keyof typeof READERS;

/**
 * What the kernels do by themselves with each image of a workload.
 *
 * @throws FanfleetError `INVALID_INPUT` that lists what is wrong with its settings
 */
export function imageTask(name: ImageTaskName, params: Workload['params']): ImageTask {
  return readFields(params, `The workload ${name}`, READERS[name]);
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
