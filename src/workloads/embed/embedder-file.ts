import { type ImageModel, readModelFile, writeModelFile } from '../image-model.ts';

/** What workers have to know of a model beside its file. */
export interface Embedder extends ImageModel {
  /** Numbers that it gives for an image. */
  readonly length: number;
}

/** The one text form of `embedder.json`, which ec2-workers/fanfleet/embedder.py reads as well. */
export function writeEmbedder(embedder: Embedder): Buffer {
  return writeModelFile(embedder, { length: embedder.length });
}

/** @throws FanfleetError `INPUT_DAMAGED`. Loads no zod, since workers read it */
export function readEmbedder(file: Buffer): Embedder {
  return readModelFile(file, (fields) => ({ length: fields.integer('length', 1) }));
}
