import type { FileBytes } from './file-bytes.ts';
import {
  bytesOfElements,
  elementsOf,
  numbersIn,
  type StoredTensor,
  type WeightType,
} from './stored-tensor.ts';

/** By the names of the format (https://github.com/huggingface/safetensors). */
const TYPES: Readonly<Record<string, WeightType>> = {
  F32: 'float32',
  F64: 'float64',
  F16: 'float16',
  BF16: 'bfloat16',
};

/**
 * The tensors of a safetensors file: eight bytes with the length of a JSON, that JSON, and the elements.
 *
 * @throws RangeError, SyntaxError where it is none, or is damaged
 */
export function readSafetensors(bytes: FileBytes): Map<string, StoredTensor> {
  const length = Number(bytes.read(0, 8).readBigUInt64LE());
  const header = JSON.parse(bytes.read(8, length).toString()) as unknown;
  if (typeof header !== 'object' || header === null) throw new SyntaxError('its header is no object');
  const tensors = new Map<string, StoredTensor>();
  for (const [name, entry] of Object.entries(header)) {
    if (name !== '__metadata__') tensors.set(name, tensorOf(bytes, 8 + length, name, entry));
  }
  return tensors;
}

function tensorOf(bytes: FileBytes, start: number, name: string, entry: unknown): StoredTensor {
  const { dtype, shape, data_offsets: offsets } = Object(entry) as Record<string, unknown>;
  if (typeof dtype !== 'string' || !isCounts(shape) || !isCounts(offsets))
    throw new SyntaxError(`its header is damaged at ${name}`);
  const [first = 0, end = 0] = offsets;
  const type = TYPES[dtype] ?? null;
  if (type !== null && end - first !== bytesOfElements(type, elementsOf(shape)))
    throw new RangeError(`${name} has another length than its shape says`);
  return {
    shape,
    type,
    values: () => {
      if (type === null) throw new TypeError(`${name} has elements of type ${dtype}`);
      return numbersIn(bytes.read(start + first, end - first), type);
    },
  };
}

function isCounts(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((each) => Number.isSafeInteger(each) && each >= 0);
}
