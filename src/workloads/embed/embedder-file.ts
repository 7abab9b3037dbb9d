import { type ImageModel, readModelFile, writeModelFile } from '../image-model.ts';

/** What workers have to know of a model beside its file, and the report of where that is from. */
export interface Embedder extends ImageModel {
  /** Numbers that it gives for an image. */
  readonly length: number;
  /** The value of the whole model at which it was cut. */
  readonly layer: string;
  /** SHA-256 of the whole model. */
  readonly sha256: string;
}

/** The one text form of `embedder.json`, which ec2-workers/fanfleet/workloads/embed.py reads as well. */
export function writeEmbedder(embedder: Embedder): Buffer {
  const { length, layer, sha256 } = embedder;
  return writeModelFile(embedder, { length, layer, sha256 });
}

/** @throws FanfleetError `INPUT_DAMAGED`. Loads no zod, since workers read it */
export function readEmbedder(file: Buffer): Embedder {
  return readModelFile(file, (fields) => ({
    length: fields.integer('length', 1),
    layer: fields.text('layer'),
    sha256: fields.text('sha256'),
  }));
}
