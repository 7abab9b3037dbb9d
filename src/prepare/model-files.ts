import { s3Address } from '../aws/s3-address.ts';
import { FanfleetError } from '../errors.ts';
import type { ModelFiles } from '../models/load-model.ts';
import type { PrepareOptions } from './options.ts';

/** A place that settings name: a key in the bucket of the images, or `s3://bucket/key`; as the latter. */
export function addressOf(place: string, { bucket }: Pick<PrepareOptions, 'bucket'>): string {
  return place.startsWith('s3://') ? place : `s3://${bucket}/${place}`;
}

/** The files of models by their addresses, in any bucket. */
export function modelFilesOf({ filesOf }: Pick<PrepareOptions, 'filesOf'>): ModelFiles {
  return {
    stream: async function* (address) {
      const place = s3Address(address);
      if (place === null) throw noAddress(address);
      yield* filesOf(place.bucket).stream(place.key);
    },
  };
}

function noAddress(path: string): FanfleetError {
  const message = `Expected a key, or s3://bucket/key, of the files of a model but found ${path}: correct it.`;
  return new FanfleetError('INVALID_INPUT', message, { source: 'user' });
}
