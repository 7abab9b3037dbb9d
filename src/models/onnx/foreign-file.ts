/** Bytes of its beginning by which a file is told. */
export const MAGIC_BYTES = 64;

interface Foreign {
  readonly at: number;
  /** Latin-1. */
  readonly magic: string;
  readonly what: string;
}

/** What is given in the place of an ONNX file, and what to do. */
const FOREIGN: readonly Foreign[] = [
  {
    at: 0,
    magic: 'version https://git-lfs',
    what: 'a pointer of Git LFS: fetch the file itself by `git lfs pull`',
  },
  {
    at: 0,
    magic: 'PK\x03\x04',
    what: 'a zip, as PyTorch and Keras save models: export it by `torch.onnx.export` or tf2onnx',
  },
  { at: 0, magic: '\x80\x02', what: 'a pickle, as PyTorch saved models: export it by `torch.onnx.export`' },
  { at: 0, magic: '\x89HDF', what: 'HDF5, as Keras saves models: convert it by tf2onnx' },
  { at: 4, magic: 'TFL3', what: 'a model of TensorFlow Lite: convert it by tf2onnx' },
  {
    at: 4,
    magic: 'ORTM',
    what: 'in the ORT format, which is made for one kind of processor: give the .onnx that it was made from',
  },
  {
    at: 8,
    magic: '{"',
    what: 'safetensors, which has weights and no graph: export the model by `torch.onnx.export`',
  },
  { at: 0, magic: '\x1f\x8b', what: 'compressed by gzip: unpack it' },
  { at: 0, magic: '<', what: 'a page of HTML or XML: fetch the file itself' },
  { at: 0, magic: '{', what: 'JSON: give the .onnx beside it' },
];

/** What a file is that begins like this, and what to do; nothing where it can be ONNX. */
export function foreignFile(beginning: Uint8Array): string | undefined {
  const text = Buffer.from(beginning).toString('latin1');
  return FOREIGN.find(({ at, magic }) => text.startsWith(magic, at))?.what;
}
