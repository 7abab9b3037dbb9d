import { hash } from 'node:crypto';
import { beforeEach, describe, expect, it } from 'vitest';
import type { S3Requests } from '../../../src/aws/s3-requests.ts';
import type { InputFile } from '../../../src/contract/inputs.ts';
import { layout } from '../../../src/contract/layout.ts';
import { InputFiles } from '../../../src/worker/inputs.ts';

const RUNS = 'runs';

const objects = new Map<string, Buffer>();
const requests = {
  send: async ({ key }: { readonly key: string }, answer: (response: object) => Buffer) => {
    const body = objects.get(key);
    if (body === undefined) throw new Error(`Expected an object at ${key} but there is none.`);
    return answer({ status: 200, body: Buffer.from(body) });
  },
} as unknown as S3Requests;

beforeEach(() => objects.clear());

function put(runId: string, name: string, body: Buffer): InputFile {
  const key = layout.inputFile(runId, name);
  objects.set(key, body);
  return { key, sha256: hash('sha256', body, 'hex'), bytes: body.length };
}

/** Prepare a run with these files by hand. */
function prepare(runId: string, bodies: Readonly<Record<string, string>>): void {
  const places = Object.entries(bodies).map(([name, body]) => [name, put(runId, name, Buffer.from(body))]);
  objects.set(layout.inputs(runId), Buffer.from(JSON.stringify(Object.fromEntries(places))));
}

describe('the inputs that a process keeps', () => {
  const filesOf = async (files: InputFiles, runId: string, ...names: string[]) => {
    const inputs = await files.of({ runsBucket: RUNS, runId }, names);
    return names.map((name) => inputs.get(name));
  };

  it('are all those of a run, and of another one with the same', async () => {
    prepare('a', { model: 'a model', labels: 'labels' });
    prepare('b', { model: 'a model', labels: 'labels' });
    const files = new InputFiles(requests);
    const first = await filesOf(files, 'a', 'model', 'labels');
    const [model, labels] = await filesOf(files, 'b', 'model', 'labels');
    expect(model).toBe(first[0]);
    expect(labels).toBe(first[1]);
  });

  it('are not those of another run once a run wants more, but for what both want', async () => {
    prepare('a', { model: 'a model', labels: 'labels' });
    prepare('b', { model: 'a model', labels: 'other labels' });
    const files = new InputFiles(requests);
    const [model, labels] = await filesOf(files, 'a', 'model', 'labels');
    expect((await filesOf(files, 'b', 'model', 'labels'))[0]).toBe(model);
    const again = await filesOf(files, 'a', 'model', 'labels');
    expect(again[0]).toBe(model);
    expect(again[1]).toEqual(labels);
    expect(again[1]).not.toBe(labels);
  });

  it('have gone before others are fetched', async () => {
    prepare('a', { model: 'a model' });
    prepare('b', { model: 'another model' });
    const files = new InputFiles(requests);
    const [model] = await filesOf(files, 'a', 'model');
    objects.delete(layout.inputFile('b', 'model'));
    await expect(filesOf(files, 'b', 'model')).rejects.toThrow('there is none');
    expect((await filesOf(files, 'a', 'model'))[0]).not.toBe(model);
  });

  it('are bounded by their bytes where each is asked for by itself, and a larger one is kept alone', async () => {
    const [a, b, c, huge] = [40, 41, 42, 101].map((bytes) => put('r', `${bytes}`, Buffer.alloc(bytes)));
    const files = new InputFiles(requests, 100);
    const get = (file: InputFile | undefined) => files.file(RUNS, file as InputFile);
    const [firstA, firstB] = [await get(a), await get(b)];
    expect(await get(a)).toBe(firstA);
    await get(c);
    expect(await get(a)).toBe(firstA);
    expect(await get(b)).not.toBe(firstB);
    expect(await get(huge)).toBe(await get(huge));
  });
});
