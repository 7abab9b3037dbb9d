import { hash } from 'node:crypto';
import { create, toBinary } from '@bufbuild/protobuf';
import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FanfleetError } from '../../../../src/errors.ts';
import { checkClassifier } from '../../../../src/models/classifier.ts';
import { ModelProtoSchema } from '../../../../src/models/onnx/onnx_pb.js';
import { readOnnx } from '../../../../src/models/onnx/read-onnx.ts';
import { inPieces, readSmall, smallModel } from '../small-model.ts';

const read = (bytes: Uint8Array, length?: number) => readOnnx(inPieces(bytes, length), 'm.onnx');

/** A field with bytes. */
function field(number: number, content: Uint8Array): Uint8Array {
  return new BinaryWriter().tag(number, WireType.LengthDelimited).bytes(content).finish();
}

describe('an ONNX file', () => {
  it('is read without its weights, with its size and hash', async () => {
    const bytes = smallModel();
    const { model, ...file } = await read(bytes);
    expect(file).toEqual({ bytes: bytes.length, sha256: hash('sha256', bytes, 'hex') });
    expect(model.graph?.node.map(({ opType }) => opType)).toEqual(['Flatten', 'MatMul']);
    const [weights] = model.graph?.initializer ?? [];
    expect(weights).toMatchObject({ name: 'weights', dims: [60n, 2n], dataType: 1 });
    expect(weights?.rawData).toBeUndefined();
  });

  it('is the same in pieces of any size', async () => {
    const bytes = smallModel();
    const whole = await read(bytes, bytes.length);
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: bytes.length }), async (length) => {
        expect(await read(bytes, length)).toEqual(whole);
      }),
    );
  });

  it('may have fields that are not known, of every type', async () => {
    const unknown = Buffer.concat([
      field(200, Buffer.from('x')),
      new BinaryWriter().tag(201, WireType.Bit64).fixed64(1n).finish(),
      new BinaryWriter().tag(202, WireType.Bit32).fixed32(1).finish(),
      new BinaryWriter().tag(203, WireType.Varint).int64(-1n).finish(),
    ]);
    const { model } = await read(Buffer.concat([unknown, smallModel(), unknown]));
    expect(model).toEqual((await readSmall()).model);
  });

  it('holds no more of the weights than a piece of the file', async () => {
    const head = smallModel();
    const piece = new Uint8Array(1024 * 1024);
    const pieces = 64;
    const data = piece.length * pieces;
    const opening = (number: number, length: number) =>
      new BinaryWriter().tag(number, WireType.LengthDelimited).uint32(length).finish();
    const tensor = opening(9, data);
    const initialiser = Buffer.concat([opening(5, tensor.length + data), tensor]);
    const peaks: number[] = [];
    async function* file() {
      yield Buffer.concat([head, opening(7, initialiser.length + data), initialiser]);
      for (let index = 0; index < pieces; index += 1) {
        yield piece;
        peaks.push(process.memoryUsage().arrayBuffers);
      }
    }
    const { bytes, model } = await readOnnx(file(), 'm.onnx');
    expect(bytes).toBeGreaterThan(data);
    expect(model.graph?.initializer).toHaveLength(2);
    expect(Math.max(...peaks) - (peaks[0] ?? 0)).toBeLessThan(data / 4);
  });

  it('is refused wherever it is cut off', async () => {
    const bytes = smallModel();
    // Behind the graph there is only the version of its operators, without which it cannot be used.
    const use = async (part: Uint8Array) => checkClassifier(await read(part), 'm.onnx');
    await expect(use(bytes)).resolves.toBeDefined();
    for (let length = 0; length < bytes.length; length += 1) {
      const reason = await use(bytes.subarray(0, length)).catch((error: unknown) => error);
      expect(reason, `${length} bytes`).toMatchObject({ code: 'INVALID_INPUT' });
    }
  });

  it('is read, or refused with its name, whichever byte is changed', async () => {
    const bytes = smallModel();
    const changes = fc.record({ at: fc.nat(bytes.length - 1), byte: fc.nat(255) });
    await fc.assert(
      fc.asyncProperty(fc.array(changes, { minLength: 1, maxLength: 4 }), async (list) => {
        const changed = Uint8Array.from(bytes);
        for (const { at, byte } of list) changed[at] = byte;
        const reason = await read(changed).catch((error: unknown) => error);
        if (!(reason instanceof Error)) return;
        expect(reason).toBeInstanceOf(FanfleetError);
        expect(reason.message).toMatch(/^\[INVALID_INPUT\] Expected an ONNX model in m\.onnx but /);
      }),
    );
  });

  it.each([
    ['', 'it is empty'],
    ['version https://git-lfs.github.com/spec/v1\noid sha256:1', 'it is a pointer of Git LFS'],
    ['PK\x03\x04rest', 'it is a zip'],
    ['\x89HDF\r\n', 'it is HDF5'],
    ['\x1c\0\0\0TFL3', 'it is a model of TensorFlow Lite'],
    ['\x10\0\0\0ORTM', 'it is in the ORT format'],
    ['\x40\0\0\0\0\0\0\0{"a":1}', 'it is safetensors'],
    ['<!doctype html>', 'it is a page of HTML or XML'],
    ['{"resize":1}', 'it is JSON'],
    ['\xff\xd8\xff\xe0\0\x10JFIF', 'at byte 5 a field has the type 7'],
    ['\0\0\0\0', 'a field has no number'],
    ['\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff', 'a number does not end'],
    ['\x3a\x7f\x0a', 'it is cut off'],
    ['\x3a\x03\x0a\x7f\x0a', 'a field is longer than what it is in'],
    ['\x3a\x02\x0a\x01\x0a\0', 'a field is longer than what it is in'],
    ['\x3a\x01\x08\x01', 'a field is longer than what it is in'],
  ])('is not %j', async (text, words) => {
    await expect(read(Buffer.from(text, 'latin1'))).rejects.toThrow(words);
  });

  it('has a graph', async () => {
    const none = toBinary(ModelProtoSchema, create(ModelProtoSchema, { irVersion: 8n }));
    await expect(read(none)).rejects.toThrow('there is no graph in it');
    await expect(readSmall({ node: [] })).rejects.toThrow('there is no graph in it');
  });

  it('has at most so many bytes, parts nested so deep, and a graph of such a size', async () => {
    const bytes = smallModel();
    await expect(readOnnx(inPieces(bytes), 'm.onnx', bytes.length - 1)).rejects.toThrow(
      'Expected a model of at most 0 MiB in m.onnx but it has more',
    );
    let nested: Uint8Array = new Uint8Array(0);
    // A graph in an attribute of a node of a graph …
    for (let depth = 0; depth < 40; depth += 1) nested = field(1, field(5, field(6, nested)));
    await expect(read(field(7, nested))).rejects.toThrow('its parts are nested too deep');
    const empty = Buffer.alloc(700_000, Buffer.of(0x0a, 0));
    await expect(read(field(7, empty), 65_536)).rejects.toThrow('its graph is too large');
  });

  it('tells what its source threw', async () => {
    async function* broken() {
      yield smallModel().subarray(0, 20);
      throw new FanfleetError('OBJECT_NOT_FOUND', 'gone', { source: 'aws' });
    }
    await expect(readOnnx(broken(), 'm.onnx')).rejects.toMatchObject({ code: 'OBJECT_NOT_FOUND' });
  });
});
