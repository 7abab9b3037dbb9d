import { vectorsBytes } from '../workloads/embed/vectors-file.ts';
import { type ImageModel, tensorSizeOf } from '../workloads/image-model.ts';
import type { Held, ProcessBytes } from './expect-room.ts';

const MIB = 1024 * 1024;
/**
 * What a session takes at most (docs/models.md): ONNX Runtime and its thread, the weights several times while it packs them, and of each
 * image that it has at once so many times its tensor.
 */
const RUNTIME_BYTES = 48 * MIB;
const WEIGHTS = 3.5;
const ACTIVATIONS = 20;

/** What workers of a run with a model hold: the file, and a session for each core. @param bytes of the model */
export function heldOfModel(bytes: number, { recipe, batch }: ImageModel, modelBatch: number): Held {
  const { width, height } = tensorSizeOf(recipe);
  const perImage = ACTIVATIONS * 3 * width * height * (recipe.type === 'float32' ? 4 : 1);
  const images = batch === 1 ? 1 : modelBatch;
  const session = RUNTIME_BYTES + WEIGHTS * bytes;
  const own = {
    shared: bytes,
    perBatch: session + images * perImage,
    less: (room: number) => {
      const fitting = Math.floor((room - session) / perImage);
      return fitting < 1 ? 'take a smaller model' : `take a \`modelBatch\` of at most ${fitting}`;
    },
  };
  return {
    what: `a model of ${Math.ceil(bytes / MIB)} MiB with ${images === 1 ? '1 image' : `${images} images`} at once`,
    node: { native: own, portable: own },
    // There it is let go of once it is loaded.
    python: { ...own, shared: 0 },
    keeps: false,
    isPerCore: true,
  };
}

/**
 * What workers hold that keep the embeddings of a batch until it is done, and then have them a second time, as a file.
 *
 * @param length numbers of an embedding
 * @param images of the largest batch
 */
export function withVectors(held: Held, length: number, images: number): Held {
  const perImage = 2 * vectorsBytes(length, 1);
  const bytes = images * perImage;
  const more = (own: ProcessBytes): ProcessBytes => ({
    ...own,
    perBatch: own.perBatch + bytes,
    less: (room) => {
      const fitting = Math.floor((room - own.perBatch) / perImage);
      return fitting < 1 ? own.less(room - bytes) : `take a \`batchSize\` of at most ${fitting}`;
    },
  });
  const { what, node, python } = held;
  return {
    ...held,
    what: `${what}, and twice ${Math.ceil(bytes / 2 / MIB)} MiB of embeddings a batch`,
    node: { native: more(node.native), portable: more(node.portable) },
    python: more(python),
  };
}
