import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cutModel } from '../../../../src/models/onnx/cut-model.ts';
import { GraphProtoSchema, ModelProtoSchema } from '../../../../src/models/onnx/onnx_pb.js';
import { GRAPH, inPieces, smallModel, value } from '../small-model.ts';
import { smallNetwork } from '../small-network.ts';

const NETWORK = smallNetwork();

async function cutTo(name: string, file: Uint8Array = NETWORK, piece = 1000) {
  const cut = await cutModel(inPieces(file, piece), 'network.onnx', name);
  const bytes = Buffer.concat(await Array.fromAsync(cut.write(inPieces(file, piece))));
  return { cut, bytes, model: fromBinary(ModelProtoSchema, bytes) };
}

describe('a model that is cut at a layer', () => {
  it('has the layer as its output, and no node or weight that is not needed for it', async () => {
    const { cut, bytes, model } = await cutTo('features');
    expect(cut).toMatchObject({ output: 'features', layer: { shape: [24] }, bytes: bytes.length });
    const { graph } = model;
    expect(graph?.node.map(({ output }) => output[0])).not.toContain('scores');
    expect(graph?.initializer.map(({ name }) => name)).toEqual(['w1', 'b1', 'w2', 'w3']);
    expect(graph?.output).toEqual([expect.objectContaining({ name: 'features' })]);
  });

  it('keeps the weights and everything else byte by byte', async () => {
    const { graph: before, ...head } = fromBinary(ModelProtoSchema, NETWORK);
    const { graph, ...others } = (await cutTo('relu1')).model;
    expect(others).toEqual(head);
    expect(graph?.initializer).toEqual(before?.initializer.slice(0, 2));
    expect(graph?.node.slice(0, 2)).toEqual(before?.node.slice(0, 2));
    expect(graph?.input).toEqual(before?.input);
    expect(graph?.name).toBe('small network');
  });

  it('takes the means of planes at its end', async () => {
    const { cut, model } = await cutTo('conv2');
    expect(model.graph?.node.slice(-2)).toMatchObject([
      { opType: 'GlobalAveragePool', input: ['conv2'], output: ['conv2/mean'] },
      { opType: 'Flatten', input: ['conv2/mean'], output: ['conv2/flat'] },
    ]);
    expect(cut.output).toBe('conv2/flat');
    // Of planes of one pixel there is no mean to be taken.
    expect((await cutTo('mean')).model.graph?.node.at(-1)).toMatchObject({
      opType: 'Flatten',
      input: ['mean'],
    });
  });

  it('is the same in pieces of any size', async () => {
    const whole = await cutTo('conv2');
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: NETWORK.length }), async (piece) => {
        expect((await cutTo('conv2', NETWORK, piece)).bytes.equals(whole.bytes)).toBe(true);
      }),
      { numRuns: 20 },
    );
  });

  it('keeps fields that are not known, and reads a graph that is written in two parts', async () => {
    const field = (number: number, content: Uint8Array) =>
      new BinaryWriter().tag(number, WireType.LengthDelimited).bytes(content).finish();
    const note = field(200, Buffer.from('a note'));
    const more = toBinary(
      GraphProtoSchema,
      create(GraphProtoSchema, { node: [{ opType: 'Relu', input: ['features'], output: ['late'] }] }),
    );
    const { bytes, model } = await cutTo('late', Buffer.concat([note, NETWORK, field(7, more), note]));
    expect(bytes.toString('latin1').split('a note')).toHaveLength(3);
    expect(model.graph?.node.at(-1)).toMatchObject({ output: ['late'] });
    expect(model.graph?.output).toEqual([expect.objectContaining({ name: 'late' })]);
  });

  it('keeps what graphs within its nodes take from outside, and inputs that are initialisers', async () => {
    const branch = (name: string) => ({
      node: [{ opType: 'MatMul', input: ['flat', name], output: ['inner'] }],
      output: [value('inner', ['N', 2])],
    });
    const file = smallModel(
      {
        node: [
          { opType: 'Flatten', input: ['images'], output: ['flat'] },
          {
            opType: 'If',
            input: ['which'],
            output: ['chosen'],
            attribute: [
              { name: 'then_branch', g: branch('weights') },
              { name: 'else_branch', g: branch('others') },
            ],
          },
          { opType: 'MatMul', input: ['chosen', 'last'], output: ['scores'] },
        ],
        initializer: [
          ...GRAPH.initializer,
          { name: 'others', dims: [60n, 2n], dataType: 1 },
          { name: 'which', dims: [], dataType: 9 },
          { name: 'last', dims: [2n, 2n], dataType: 1 },
        ],
        input: [...GRAPH.input, value('weights', [60, 2]), value('last', [2, 2])],
        valueInfo: [value('chosen', ['N', 2]), value('flat', ['N', 60])],
      },
      { irVersion: 3n },
    );
    const { graph } = (await cutTo('chosen', file)).model;
    expect(graph?.initializer.map(({ name }) => name)).toEqual(['weights', 'others', 'which']);
    expect(graph?.input.map(({ name }) => name)).toEqual(['images', 'weights']);
    expect(graph?.valueInfo.map(({ name }) => name)).toEqual(['flat']);
  });

  it.each([
    ['nowhere', 'found none with the name "nowhere"'],
    ['w1', 'found none with the name "w1"'],
  ])('is refused where there is no layer %s', async (name, words) => {
    await expect(cutTo(name)).rejects.toMatchObject({ code: 'INVALID_INPUT' });
    await expect(cutTo(name)).rejects.toThrow(words);
    await expect(cutTo(name)).rejects.toThrow('at last "mean", "features", "scores".');
  });

  it('is refused where the layer is no list of numbers of an image', async () => {
    const node = { opType: 'Transpose', input: ['images'], output: ['turned'] };
    const file = smallModel({ node: [node, ...GRAPH.node] });
    await expect(cutTo('turned', file)).rejects.toThrow('but "turned" is not known to be one');
  });
});
