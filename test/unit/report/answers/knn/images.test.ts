import sharp from 'sharp';
import { beforeEach, describe, expect, it } from 'vitest';
import { layout } from '../../../../../src/contract/layout.ts';
import { askedImage, learntImage } from '../../../../../src/report/answers/knn/images.ts';
import { answerView } from '../../../../../src/report/answers/reports.ts';
import { renderHtml } from '../../../../../src/report/html.ts';
import { buildSummary } from '../../../../../src/report/summary.ts';
import { NO_IMAGES } from '../../../../../src/report/thumbnails/page-images.ts';
import { readTraining } from '../../../../../src/workloads/knn/training.ts';
import { type ClassifiedRun, classifiedRun } from '../../classified.ts';
import { sampleInput } from '../../sample.ts';

let run: ClassifiedRun;

beforeEach(async () => {
  run = await classifiedRun();
});

function read() {
  return answerView(run.summary).readImages(run);
}

function wrong() {
  const { answer } = run.summary;
  if (answer?.kind !== 'knn') throw new TypeError('Expected a classification.');
  return answer.wrong;
}

describe('the images of a classification', () => {
  it('gives the images that were asked as they are, and the pixels of their neighbours', async () => {
    // Act
    const { shown, size, note } = await read();

    // Assess
    expect([size, note]).toEqual([{ width: 64, height: 64, isEnlarged: true }, null]);
    for (const { key } of wrong())
      expect(shown.get(askedImage(key))).toBe(dataUri(run.images.objects.get(key)));
    const set = readTraining(
      run.runs.objects.get(layout.inputFile(run.summary.runId, 'training.bin')) as Buffer,
    );
    const keys = await trainingKeys();
    const nearest = wrong().flatMap(({ neighbours }) => neighbours.slice(0, 3));
    expect(new Set(shown.keys())).toEqual(
      new Set([...wrong().map(({ key }) => askedImage(key)), ...nearest.map(({ key }) => learntImage(key))]),
    );
    for (const { key } of nearest) {
      const place = keys.indexOf(key);
      const pixels = await sharp(fileOf(shown.get(learntImage(key))))
        .raw()
        .toBuffer();
      expect([...pixels]).toEqual([...set.pixels.subarray(place * 192, (place + 1) * 192)]);
    }
  });

  it('is on the page, whose policy lets in images of that kind and nothing else', async () => {
    const page = renderHtml(run.summary, await read());
    const sources = [...page.matchAll(/<img class="thumbnail pixelated" src="([^"]*)"/g)];
    expect(sources).toHaveLength(wrong().length * 4);
    for (const [, source = ''] of sources) expect(source).toMatch(/^data:image\/png;base64,[\w+/]+=*$/);
    expect(page).toContain("; img-src data:; base-uri 'none'");
    expect(renderHtml(run.summary)).not.toContain('img-src');
  });

  it('keeps apart an image that was asked and one of the same key that was learned from', async () => {
    // Prepare
    const { answer } = run.summary;
    const [first, ...others] = wrong();
    const [nearest] = first?.neighbours ?? [];
    if (answer?.kind !== 'knn' || first === undefined || nearest === undefined) throw new TypeError('none');
    const file = run.images.objects.get(first.key) as Buffer;
    run.images.put(nearest.key, file);
    const summary = {
      ...run.summary,
      answer: { ...answer, wrong: [{ ...first, key: nearest.key }, ...others] },
    };

    // Act
    const { shown } = await answerView(summary).readImages(run);

    // Assess
    expect(shown.get(askedImage(nearest.key))).toBe(dataUri(file));
    expect(shown.get(learntImage(nearest.key))).toBe((await read()).shown.get(learntImage(nearest.key)));
  });

  it('leaves out an image that cannot be read, is no image, or is too large, and no other', async () => {
    // Prepare
    const [gone, text, large, ...others] = wrong().map(({ key }) => key);
    const { objects } = run.images;
    objects.delete(gone ?? '');
    objects.set(text ?? '', Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>'));
    objects.set(large ?? '', Buffer.concat([objects.get(large ?? '') as Buffer, Buffer.alloc(16_000)]));

    // Act
    const names = [...(await read()).shown.keys()];

    // Assess
    const isAsked = (name: string) => wrong().some(({ key }) => name === askedImage(key));
    expect(names.filter(isAsked)).toEqual(others.map(askedImage));
    expect(names.length).toBeGreaterThan(others.length);
  });

  it('says why nothing of the training set is shown, and shows what was asked', async () => {
    const { runId } = run.summary;
    run.runs.objects.delete(layout.inputFile(runId, 'labels.json'));
    const lost = await read();
    expect(lost.note).toBe('The images of the training set could not be read (OBJECT_NOT_FOUND).');
    expect([...lost.shown.keys()]).toEqual(wrong().map(({ key }) => askedImage(key)));
    expect(renderHtml(run.summary, lost)).toContain(lost.note);

    const { training, labels } = JSON.parse((await run.runs.get(layout.inputs(runId))).toString('utf8'));
    const large = { ...training, bytes: 65 * 2 ** 20 };
    run.runs.put(layout.inputs(runId), JSON.stringify({ training: large, labels }));
    expect((await read()).note).toBe(
      'The images of the training set are not shown: training.bin has 65.0 MiB, more than 64.0 MiB.',
    );
  });

  it('reads nothing for another answer', async () => {
    const summary = buildSummary(await sampleInput({ images: 10 }));
    expect(await answerView(summary).readImages(run)).toBe(NO_IMAGES);
  });
});

async function trainingKeys(): Promise<string[]> {
  const file = await run.runs.get(layout.inputFile(run.summary.runId, 'labels.json'));
  return JSON.parse(file.toString('utf8')).training.keys;
}

function dataUri(file: Buffer | undefined): string {
  return `data:image/png;base64,${file?.toString('base64')}`;
}

function fileOf(uri: string | undefined): Buffer {
  return Buffer.from(uri?.split(',')[1] ?? '', 'base64');
}
