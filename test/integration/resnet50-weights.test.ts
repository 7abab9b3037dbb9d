import { spawnSync } from 'node:child_process';
import { createHash, hash } from 'node:crypto';
import { copyFile, mkdtemp, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { EXIT } from '../../cli/exit-code.ts';
import { Session } from '../../src/models/inference/session.ts';
import { resnet50Of } from '../../src/models/weights/resnet50-weights.ts';
import type { StoredTensor } from '../../src/models/weights/stored-tensor.ts';
import { withWeights } from '../../src/models/weights/weight-file.ts';
import { fixtureLines } from '../support/fixture-script.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

let folder: string;
let answer: { readonly image: string; readonly values: readonly number[] };

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fanfleet-weights-'));
  fixtureLines(['resnet50_weights.py', folder]);
  answer = JSON.parse(await readFile(join(folder, 'answer.json'), 'utf8'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

function fanfleet(...args: string[]) {
  const env = { ...process.env, FANFLEET_HOME: join(folder, 'home') };
  return spawnSync(process.execPath, [join(ROOT, 'cli/main.ts'), ...args], {
    env,
    encoding: 'utf8',
    cwd: folder,
  });
}

/** Of the model with the weights of a file. */
function sha256Of(file: string): Promise<string> {
  return withWeights(join(folder, file), async (tensors) => {
    const made = createHash('sha256');
    for (const chunk of resnet50Of(tensors, file).chunks) made.update(chunk);
    return made.digest('hex');
  });
}

/** The tensors of the file, and what is made of them. */
function changed(change: (tensors: Map<string, StoredTensor>) => void) {
  return withWeights(join(folder, 'torch.pth'), async (tensors) => {
    const own = new Map(tensors);
    change(own);
    return resnet50Of(own, 'own.pth');
  });
}

describe('a ResNet-50 with the weights of a file', () => {
  it('gives what numpy computes from them, and is the same of each kind of file', async () => {
    const args = ['--weights', 'torch.pth', '--to', 'torch.onnx'];
    const { status, stdout, stderr } = fanfleet('model', 'resnet50', ...args);
    expect(status, stderr).toBe(EXIT.OK);
    expect(stdout).toContain('torch.onnx: 94.0 MB, a ResNet-50 of 12 classes with the weights of torch.pth.');
    const model = await readFile(join(folder, 'torch.onnx'));
    const sha256 = hash('sha256', model);
    for (const file of ['parallel.pth', 'safetensors.safetensors']) expect(await sha256Of(file)).toBe(sha256);

    const session = await Session.open({ file: model, input: 'input', output: 'logits' });
    const image = Uint8Array.from(Buffer.from(answer.image, 'base64'));
    const { values } = await session.run({ data: new Float32Array(image.buffer), dims: [1, 3, 224, 224] });
    await session.close();
    expect(values).toHaveLength(answer.values.length);
    const largest = Math.max(...answer.values.map(Math.abs));
    expect(largest).toBeGreaterThan(1);
    for (const [at, value] of values.entries()) {
      expect(Math.abs(value - (answer.values[at] ?? 0))).toBeLessThan(1e-4 * largest);
    }
  });

  it('names what is missing, is too much, or has another shape or type', async () => {
    const refused = expect(
      changed((tensors) => {
        const shape = [64, 3, 3, 3];
        tensors.set('conv1.weight', { ...(tensors.get('conv1.weight') as StoredTensor), shape });
        tensors.set('bn1.bias', { ...(tensors.get('bn1.bias') as StoredTensor), type: null });
        tensors.delete('layer4.2.bn3.running_var');
        tensors.set('layer1.0.se.fc1.weight', tensors.get('fc.bias') as StoredTensor);
      }),
    ).rejects;
    await refused.toMatchObject({
      code: 'INVALID_INPUT',
      message: [
        '[INVALID_INPUT] own.pth is not valid.',
        'Expected [64, 3, 7, 7] as the shape of conv1.weight but found [64, 3, 3, 3].',
        'Expected floating point for bn1.bias but it has other numbers.',
        'Expected layer4.2.bn3.running_var but it is not there.',
        'Expected no layer1.0.se.fc1.weight, which a ResNet-50 has not.',
      ].join(' '),
    });
  });

  it('says of another network that it may be one, and not all of its names', async () => {
    const asked = changed((tensors) => tensors.clear());
    await expect(asked).rejects.toThrow(/And 259 more: is it a ResNet-50 of torchvision or timm\?$/);
  });

  it('is not written of a file that is cut, or is something else, and leaves nothing behind', async () => {
    await copyFile(join(folder, 'torch.pth'), join(folder, 'cut.pth'));
    await truncate(join(folder, 'cut.pth'), 1_000_000);
    await copyFile(join(folder, 'safetensors.safetensors'), join(folder, 'cut.safetensors'));
    await truncate(join(folder, 'cut.safetensors'), 1_000_000);
    await writeFile(join(folder, 'old.pth'), '\x80\x02\x8a\x0al\xfc\x9cF\xf9 j\xa8P\x19.', 'latin1');
    await writeFile(join(folder, 'text.pth'), 'no weights at all');
    await writeFile(join(folder, 'empty.pth'), '');
    for (const [file, words] of [
      ['cut.pth', 'but the end of its zip is missing: fetch or save it again.'],
      ['cut.safetensors', 'but it has 1000000 bytes and ends before byte'],
      ['old.pth', 'since torch 1.6, but found an older file: `torch.save(torch.load(old), new)`.'],
      ['text.pth', 'text.pth is not valid. Expected safetensors'],
      ['empty.pth', 'but it has 0 bytes'],
      ['none.pth', '[PATH_UNREADABLE]'],
    ] as const) {
      await expect(sha256Of(file)).rejects.toThrow(words);
    }
    const { status, stderr } = fanfleet('model', 'resnet50', '--weights', 'cut.pth', '--to', 'none.onnx');
    expect(stderr).toContain('the end of its zip is missing');
    expect(status).toBe(EXIT.USAGE);
    await expect(readFile(join(folder, 'none.onnx'))).rejects.toThrow('ENOENT');
  });
});
