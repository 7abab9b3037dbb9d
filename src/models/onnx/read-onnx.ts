import { createHash } from 'node:crypto';
import { fromBinary } from '@bufbuild/protobuf';
import { FanfleetError } from '../../errors.ts';
import { ByteStream } from './byte-stream.ts';
import { foreignFile, MAGIC_BYTES } from './foreign-file.ts';
import { type ModelProto, ModelProtoSchema } from './onnx_pb.js';
import { type OnField, withoutWeights } from './without-weights.ts';

/** Most bytes of a model: every worker holds it, as a training set. */
const MOST_BYTES = 512 * 1024 * 1024;
/** Most bytes of a graph without its weights: those of the largest vision models have about one MiB. */
const MOST_GRAPH_BYTES = 32 * 1024 * 1024;

/** An ONNX file without its weights. */
export interface OnnxFile {
  readonly sha256: string;
  readonly bytes: number;
  /** Without the bytes of its tensors (but of very small ones), and without lists and texts of more than 64 KiB. */
  readonly model: ModelProto;
}

/**
 * Read an ONNX file to its end, once, without ever holding its weights.
 *
 * @param chunks its bytes, in pieces of any size
 * @param where the file, for errors
 * @param mostBytes of the file. @default 512 MiB
 * @param onField told where the fields of the model and of its graph stand in the file
 * @throws FanfleetError `INVALID_INPUT` where it is none, is cut off, or too large; what the chunks throw
 */
export async function readOnnx(
  chunks: AsyncIterable<Uint8Array>,
  where: string,
  mostBytes = MOST_BYTES,
  onField?: OnField,
): Promise<OnnxFile> {
  const hash = createHash('sha256');
  let bytes = 0;
  async function* counted() {
    for await (const chunk of chunks) {
      bytes += chunk.length;
      if (bytes > mostBytes) throw tooLarge(where, mostBytes);
      hash.update(chunk);
      yield chunk;
    }
  }
  const stream = new ByteStream(counted());
  const beginning = await stream.peek(MAGIC_BYTES);
  if (beginning.length === 0) throw unusable(where, 'it is empty');
  const foreign = foreignFile(beginning);
  if (foreign !== undefined) throw unusable(where, `it is ${foreign}`);
  const model = await readModel(stream, where, onField);
  if (model.graph === undefined || model.graph.node.length === 0) {
    throw unusable(where, 'there is no graph in it: export the model anew');
  }
  return { sha256: hash.digest('hex'), bytes, model };
}

async function readModel(stream: ByteStream, where: string, onField?: OnField): Promise<ModelProto> {
  let bytes: Uint8Array;
  try {
    bytes = await withoutWeights(stream, ModelProtoSchema, MOST_GRAPH_BYTES, onField);
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause;
    throw unusable(where, `at byte ${stream.position} ${cause.message}: fetch or export it anew`, cause);
  }
  try {
    return fromBinary(ModelProtoSchema, bytes, { readUnknownFields: false });
  } catch (cause) {
    const why = FanfleetError.from(cause).message;
    throw unusable(where, `a part of it cannot be read, ${why}: fetch or export it anew`, cause);
  }
}

function tooLarge(where: string, mostBytes: number): FanfleetError {
  const most = Math.floor(mostBytes / (1024 * 1024));
  const message = `Expected a model of at most ${most} MiB in ${where} but it has more: take a smaller one, or quantise its weights.`;
  return new FanfleetError('INVALID_INPUT', message, { source: 'user' });
}

function unusable(where: string, why: string, cause?: unknown): FanfleetError {
  const message = `Expected an ONNX model in ${where} but ${why}.`;
  return new FanfleetError('INVALID_INPUT', message, { source: 'user', cause });
}
