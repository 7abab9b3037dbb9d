import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { PutObjectCommand } from '@aws-sdk/client-s3';
import { inject } from 'vitest';
import { ROOT } from '../../../scripts/own-stack/cli.ts';
import { connectStack } from '../../../scripts/own-stack/stack.ts';
import { writeClassifier } from '../../../src/workloads/classify/classifier-file.ts';
import { DIGITS_CLASSIFIER, digitsModel } from '../../support/digits-model.ts';

const run = promisify(execFile);

/** Put the model of digits, how its tensors are made and its labels into the bucket of the images. @returns its key */
export async function putDigitsModel(folder: string): Promise<string> {
  const { s3, stack } = await connectStack(inject('home'));
  const { resize, filter, mean, std } = DIGITS_CLASSIFIER.recipe;
  const files = {
    'digits.onnx': await digitsModel(),
    'digits.json': JSON.stringify({ resize, filter, mean, std }),
    'digits.labels.txt': `${DIGITS_CLASSIFIER.labels.join('\n')}\n`,
  };
  for (const [name, Body] of Object.entries(files)) {
    await s3.send(new PutObjectCommand({ Bucket: stack.dataBucket, Key: `${folder}${name}`, Body }));
  }
  return `${folder}digits.onnx`;
}

/** The rows of `classify` with that model over the images of a folder by another program: ONNX Runtime on what Pillow makes. */
export async function independentlyClassified(
  images: string,
  { top, prefix }: { readonly top: number; readonly prefix: string },
): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'fanfleet-classified-'));
  try {
    const [model, classifier] = [join(folder, 'model.onnx'), join(folder, 'classifier.json')];
    await writeFile(model, await digitsModel());
    await writeFile(classifier, writeClassifier(DIGITS_CLASSIFIER));
    const script = join(ROOT, 'test/fixtures/independent_classify.py');
    const { stdout } = await run(
      `${ROOT}/.venv/bin/python`,
      ['-B', script, images, model, classifier, '--top', String(top), '--prefix', prefix],
      { maxBuffer: 64 * 1024 * 1024 },
    );
    return stdout;
  } finally {
    await rm(folder, { recursive: true });
  }
}
