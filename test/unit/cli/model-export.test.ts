import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { exportModelCommand, writeNetwork } from '../../../cli/commands/model-export.ts';
import type { Context } from '../../../cli/context.ts';

const NETWORK = { model: Buffer.from('onnx'), description: { filter: 'bilinear' }, labels: ['a', 'b'] };

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'fanfleet-export-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

describe('writeNetwork', () => {
  it('writes the description and the labels beside the model, and writes over those that are there', async () => {
    const path = join(folder, 'new', 'net.onnx');
    await writeNetwork(path, { ...NETWORK, labels: ['another'] });
    await writeNetwork(path, NETWORK);
    expect(readdirSync(join(folder, 'new')).sort()).toEqual(['net.json', 'net.labels.json', 'net.onnx']);
    expect(readFileSync(path, 'utf8')).toBe('onnx');
    expect(JSON.parse(readFileSync(join(folder, 'new', 'net.json'), 'utf8'))).toEqual(NETWORK.description);
    expect(JSON.parse(readFileSync(join(folder, 'new', 'net.labels.json'), 'utf8'))).toEqual(NETWORK.labels);
  });

  it('writes nothing where other labels would be read in the place of its own', async () => {
    writeFileSync(join(folder, 'net.labels.txt'), 'x\n');
    await expect(writeNetwork(join(folder, 'net.onnx'), NETWORK)).rejects.toMatchObject({
      code: 'OUTPUT_UNWRITABLE',
      message: expect.stringContaining(
        'net.labels.txt is there, which would be read in the place of its labels',
      ),
    });
    expect(readdirSync(folder)).toEqual(['net.labels.txt']);
  });

  it('leaves no part of a model where one cannot be written', async () => {
    writeFileSync(join(folder, 'file'), '');
    await expect(writeNetwork(join(folder, 'file', 'net.onnx'), NETWORK)).rejects.toMatchObject({
      code: 'OUTPUT_UNWRITABLE',
    });
    expect(readdirSync(folder)).toEqual(['file']);
  });
});

describe('exportModelCommand', () => {
  it('wants the suffix by which a model is known', async () => {
    await expect(exportModelCommand({} as Context, 'run', 'net')).rejects.toMatchObject({
      code: 'INVALID_INPUT',
      message: expect.stringContaining(
        'Expected a file with the suffix .onnx for --to but received net: add it.',
      ),
    });
  });
});
