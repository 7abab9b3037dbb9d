import { hash } from 'node:crypto';
import { gunzipSync } from 'node:zlib';
import { fromBinary } from '@bufbuild/protobuf';
import { FanfleetError } from '../errors.ts';
import { type ModelProto, ModelProtoSchema } from '../models/onnx/onnx_pb.js';
import { seededRandom } from '../statistics/random.ts';
import packed from '../workloads/cnn/graphs.json' with { type: 'json' };
import type { Graphs } from '../workloads/cnn/networks.ts';
import type { Network } from '../workloads/cnn/params.ts';

const GRAPHS: Readonly<Record<string, { readonly sha256: string; readonly gzip: string }>> = packed;

/** Widths and heights for which there are graphs of all networks. */
export const SIDES: readonly number[] = [
  ...new Set(Object.keys(GRAPHS).map((name) => Number(name.split('-')[1]))),
];

/** The graphs of a network for images of one of `SIDES`, as scripts/training-graphs has made them. */
export function graphsOf(network: Network, side: number): Graphs {
  return {
    training: unpacked(`${network}-${side}-training`),
    evaluation: unpacked(`${network}-${side}-evaluation`),
  };
}

function unpacked(name: string): Buffer {
  const { sha256, gzip } = GRAPHS[name] ?? { sha256: '', gzip: '' };
  const graph = gzip === '' ? Buffer.alloc(0) : gunzipSync(Buffer.from(gzip, 'base64'));
  if (hash('sha256', graph, 'hex') === sha256) return graph;
  const message = `Expected the graph ${name} with SHA-256 ${sha256} but it is another one: make it by scripts/training-graphs/build.py.`;
  throw new FanfleetError('INPUT_DAMAGED', message, { source: 'internal' });
}

/**
 * The values that a network begins with, in the order of the inputs of its graph of evaluation: weights as He et al. draw them
 * (https://arxiv.org/abs/1502.01852), but uniform, of variance 2 / fan-in; scales and variances of 1, and all else 0.
 */
export function firstValues({ evaluation }: Pick<Graphs, 'evaluation'>, seed: number): Float32Array {
  const random = seededRandom(seed);
  const parts = tensorsOf(fromBinary(ModelProtoSchema, evaluation)).map(({ name, dims }) => {
    const count = dims.reduce((product, dim) => product * dim, 1);
    if (!name.endsWith('.weight')) {
      return new Float32Array(count).fill(/\.(?:scale|variance)$/.test(name) ? 1 : 0);
    }
    const bound = Math.sqrt(6 / (dims[0] ?? 1));
    return Float32Array.from({ length: count }, () => (2 * random() - 1) * bound);
  });
  const values = new Float32Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    values.set(part, at);
    at += part.length;
  }
  return values;
}

/** Those that a graph takes beside images. */
function tensorsOf({ graph }: ModelProto): { readonly name: string; readonly dims: readonly number[] }[] {
  return (graph?.input ?? []).flatMap(({ name = '', type }) => {
    const value = type?.value;
    if (name === 'images' || value?.case !== 'tensorType') return [];
    const dims = value.value.shape?.dim ?? [];
    return [{ name, dims: dims.map(({ value }) => (value.case === 'dimValue' ? Number(value.value) : 0)) }];
  });
}
