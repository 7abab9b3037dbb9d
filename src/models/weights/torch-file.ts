import type { FileBytes } from './file-bytes.ts';
import { Call, Global, Persistent, type Pickled, readPickle } from './pickle.ts';
import {
  bytesOfElements,
  elementsOf,
  numbersIn,
  type StoredTensor,
  type WeightType,
} from './stored-tensor.ts';
import { type ZipEntry, zipEntries } from './zip-entries.ts';

const STORAGES: Readonly<Record<string, WeightType>> = {
  'torch.FloatStorage': 'float32',
  'torch.DoubleStorage': 'float64',
  'torch.HalfStorage': 'float16',
  'torch.BFloat16Storage': 'bfloat16',
};
const [TENSOR, PARAMETER] = ['torch._utils._rebuild_tensor_v2', 'torch._utils._rebuild_parameter'];
/** Under which training scripts keep a state dict beside other things, the one that is to be used first. */
const WITHIN = ['state_dict_ema', 'model_ema', 'state_dict', 'model', 'module'];
/** Before each name where the model was trained on several processors. */
const PARALLEL = 'module.';

/**
 * The tensors of a state dict that `torch.save` wrote, or of one within what it wrote: a zip with a pickle, and the elements of each
 * storage in a file of their own.
 *
 * @throws RangeError, SyntaxError where it is none, or is damaged
 */
export function readTorch(bytes: FileBytes): Map<string, StoredTensor> {
  const entries = zipEntries(bytes);
  const pickle = [...entries.keys()].find((name) => name.endsWith('/data.pkl'));
  if (pickle === undefined) throw new SyntaxError('its zip has no data.pkl');
  const folder = pickle.slice(0, -'data.pkl'.length);
  const read = ({ offset, length }: ZipEntry) => bytes.read(offset, length);
  const order = entries.get(`${folder}byteorder`);
  if (order !== undefined && read(order).toString() !== 'little')
    throw new SyntaxError('it is of a machine with the high byte first');
  const dict = stateDict(readPickle(read(entries.get(pickle) ?? { offset: 0, length: 0 })));
  if (dict === undefined) throw new SyntaxError('it has no state dict: save `model.state_dict()`');
  const tensors = new Map<string, StoredTensor>();
  for (const [name, value] of dict) {
    if (typeof name !== 'string') continue;
    const tensor = tensorOf(value, (key) => entries.get(`${folder}data/${key}`), bytes);
    if (tensor !== undefined) tensors.set(name, tensor);
  }
  const isParallel = [...tensors.keys()].every((name) => name.startsWith(PARALLEL));
  return isParallel
    ? new Map([...tensors].map(([name, tensor]) => [name.slice(PARALLEL.length), tensor]))
    : tensors;
}

function stateDict(value: Pickled): Map<Pickled, Pickled> | undefined {
  const entries = value instanceof Call ? value.entries : value;
  if (!(entries instanceof Map)) return undefined;
  if ([...entries.values()].some((each) => isTensor(each))) return entries;
  for (const name of WITHIN) {
    const within = stateDict(entries.get(name) ?? null);
    if (within !== undefined) return within;
  }
  return undefined;
}

function isTensor(value: Pickled): value is Call {
  return value instanceof Call && (value.callee === TENSOR || value.callee === PARAMETER);
}

function tensorOf(
  value: Pickled,
  entryOf: (key: string) => ZipEntry | undefined,
  bytes: FileBytes,
): StoredTensor | undefined {
  if (!isTensor(value)) return undefined;
  const [storage, offset, shape, strides] = value.args;
  // A parameter is a tensor, and whether it learns.
  if (value.callee === PARAMETER) return tensorOf(storage ?? null, entryOf, bytes);
  if (!(storage instanceof Persistent && Array.isArray(storage.id) && isCounts(shape) && isCounts(strides)))
    throw new SyntaxError('a tensor in its pickle is damaged');
  const [, type, key] = storage.id;
  const stored = STORAGES[type instanceof Global ? type.name : ''] ?? null;
  const entry = entryOf(String(key));
  return {
    shape,
    type: stored,
    values: () => {
      if (stored === null || entry === undefined)
        throw new RangeError(`the elements of the storage ${String(key)} are not there`);
      const first = bytesOfElements(stored, Number(offset));
      const count = extent(shape, strides);
      const length = bytesOfElements(stored, count);
      if (first + length > entry.length) throw new RangeError(`the storage ${String(key)} ends too soon`);
      return inOrder(numbersIn(bytes.read(entry.offset + first, length), stored), shape, strides);
    },
  };
}

/** Elements from the first one of a tensor to its last one in the storage. */
function extent(shape: readonly number[], strides: readonly number[]): number {
  if (elementsOf(shape) === 0) return 0;
  return 1 + shape.reduce((sum, dim, axis) => sum + (dim - 1) * (strides[axis] ?? 0), 0);
}

/** The last index the fastest, as tensors are that were not trained with the channels last. */
function inOrder<T extends Float64Array | Float32Array>(
  values: T,
  shape: readonly number[],
  strides: readonly number[],
): T {
  const count = elementsOf(shape);
  if (isInOrder(shape, strides)) return values;
  const ordered = values.slice(0, 0).constructor as new (length: number) => T;
  const found = new ordered(count);
  const index = new Array<number>(shape.length).fill(0);
  for (let at = 0, from = 0; at < count; at += 1) {
    found[at] = values[from] ?? 0;
    for (let axis = shape.length - 1; axis >= 0; axis -= 1) {
      const stride = strides[axis] ?? 0;
      index[axis] = (index[axis] ?? 0) + 1;
      from += stride;
      if ((index[axis] ?? 0) < (shape[axis] ?? 0)) break;
      from -= stride * (shape[axis] ?? 0);
      index[axis] = 0;
    }
  }
  return found;
}

/** An axis of length 1 may have any stride. */
function isInOrder(shape: readonly number[], strides: readonly number[]): boolean {
  return shape.every((dim, axis) => dim === 1 || strides[axis] === elementsOf(shape.slice(axis + 1)));
}

function isCounts(value: Pickled | undefined): value is number[] {
  return Array.isArray(value) && value.every((each) => Number.isSafeInteger(each) && Number(each) >= 0);
}
