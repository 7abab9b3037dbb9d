import { FanfleetError } from '../errors.ts';
import { invalidInput } from '../invalid-input.ts';
import { type InferenceBatch, Session } from '../models/inference/session.ts';
import { type ImageModel, tensorSizeOf } from '../workloads/image-model.ts';

export interface ModelTrial {
  readonly file: Buffer;
  /** Values that it has to give for each image. */
  readonly values: number;
  /** Most images that a run gives it at once. */
  readonly modelBatch: number;
  /** Its address, for errors. */
  readonly where: string;
}

/**
 * Have ONNX Runtime, in the version that workers have, load a model and answer for one image, and for two at once where a run gives it
 * several. Only that tells whether each of its operators is there for its types, and whether all shapes fit.
 *
 * @throws FanfleetError `INVALID_INPUT` where it does not load or run, gives another number of values, or gives an image another answer
 *   when it comes with a neighbour; `MODEL_RUNTIME_MISSING`
 */
export async function tryModel(
  model: ImageModel,
  { file, values, modelBatch, where }: ModelTrial,
): Promise<void> {
  const session = await asked(where, '', Session.open({ file, input: model.input, output: model.output }));
  try {
    const alone = await answerOf(session, model, { images: 1, values, where });
    if (model.batch === 1 || modelBatch === 1) return;
    const together = await answerOf(session, model, { images: 2, values, where });
    if (bytesOf(alone).equals(bytesOf(together.subarray(0, values)))) return;
    throw invalidInput(where, [
      'Expected a model that gives an image the same answer whatever else is in its batch but this one gives it another one when a second image is there: export it without what reaches over the batch, or take a `modelBatch` of 1.',
    ]);
  } finally {
    await session.close();
  }
}

async function answerOf(
  session: Session,
  model: ImageModel,
  { images, values, where }: { readonly images: 1 | 2; readonly values: number; readonly where: string },
): Promise<Float32Array> {
  const given = images === 1 ? '' : 'With two images at once: ';
  const found = await asked(where, given, session.run(testBatch(model, images)));
  if (found.dims.length === 2 && found.dims[0] === images && found.dims[1] === values) return found.values;
  throw invalidInput(where, [
    `${given}Expected [${images}, ${values}], images and values of each, as the shape of what the model gives but found [${found.dims.join(', ')}]: export it so, or correct its labels.`,
  ]);
}

/** Images of all values, none like the other one. */
function testBatch({ recipe }: ImageModel, images: number): InferenceBatch {
  const { width, height } = tensorSizeOf(recipe);
  const shape = recipe.layout === 'nchw' ? [3, height, width] : [height, width, 3];
  const length = images * 3 * width * height;
  const data = recipe.type === 'float32' ? new Float32Array(length) : new Uint8Array(length);
  const scale = recipe.type === 'float32' ? 1 / 255 : 1;
  // 101 has no factor in common with 256, so that all bytes come, and neighbours differ.
  for (let at = 0; at < length; at += 1) data[at] = ((at * 101 + Math.floor(at / 256)) % 256) * scale;
  return { data, dims: [images, ...shape] };
}

/** @param given how the model was asked, before what is wrong */
async function asked<T>(where: string, given: string, answer: Promise<T>): Promise<T> {
  try {
    return await answer;
  } catch (reason) {
    const { code, message } = FanfleetError.from(reason);
    if (code !== 'INVALID_INPUT') throw reason;
    throw invalidInput(where, [`${given}${message.replace(/^\[\w+\] /, '')}`]);
  }
}

function bytesOf({ buffer, byteOffset, byteLength }: Float32Array): Buffer {
  return Buffer.from(buffer, byteOffset, byteLength);
}
