import { hash } from 'node:crypto';
import { beforeEach, describe, expect, it } from 'vitest';
import { layout } from '../../../../src/contract/layout.ts';
import { loadModel } from '../../../../src/models/load-model.ts';
import { firstValues, graphsOf } from '../../../../src/prepare/training-graphs.ts';
import { trainedNetwork } from '../../../../src/report/rows/trained-network.ts';
import type { Summary } from '../../../../src/report/summary-schema.ts';
import { writeState } from '../../../../src/workloads/cnn/state.ts';
import { writeTruth } from '../../../../src/workloads/cnn/truth-file.ts';
import { MemoryBucket } from '../../aggregate/fixture.ts';

const GRAPHS = graphsOf('small', 8);
const VALUES = firstValues(GRAPHS, 1);
const CLASSES = ['seven', 'six', 'é "\u2028x'];
const ARM = ['run', 'fleet', 1] as const;
const found = { loss: null, train: [1, 2], test: [0, 1] } as const;
const OUTCOME = writeState({ side: 8, classes: CLASSES.length, found, values: VALUES });

let bucket: MemoryBucket;
beforeEach(() => {
  bucket = new MemoryBucket();
  const files = {
    evaluation: GRAPHS.evaluation,
    truth: writeTruth({ classes: CLASSES, train: {}, test: {} }),
  };
  const places = Object.entries(files).map(([name, body]) => {
    const key = layout.inputFile('run', name);
    bucket.put(key, body);
    return [name, placeOf(key, body)] as const;
  });
  bucket.put(layout.inputs('run'), JSON.stringify({ ...Object.fromEntries(places), notes: [] }));
  putStage(0, 'an outcome that is not looked at');
  putStage(1, OUTCOME);
});

function placeOf(key: string, body: Buffer | string) {
  return { key, sha256: hash('sha256', body), bytes: body.length };
}

function putStage(stage: number, outcome: string): void {
  const key = layout.outcome(...ARM, stage);
  const figures = { isLast: stage === 1, batches: 1, startedAt: 0, endedAt: 0, cpuMs: 0 };
  bucket.put(key, outcome);
  bucket.put(
    layout.reduced(...ARM, stage),
    JSON.stringify({ stage, outcome: placeOf(key, outcome), ...figures }),
  );
}

function summaryOf(name = 'cnn', answer: unknown = { kind: 'cnn', source: { arm: 'fleet', round: 1 } }) {
  return { runId: 'run', request: { workload: { name } }, answer } as Summary;
}

describe('trainedNetwork', () => {
  it('gives a model that classifies any number of images, with its description and labels', async () => {
    const { model, description, labels } = await trainedNetwork(summaryOf(), bucket);
    const files: Readonly<Record<string, Uint8Array>> = {
      'net.onnx': model,
      'net.json': Buffer.from(JSON.stringify(description)),
      'net.labels.json': Buffer.from(JSON.stringify(labels)),
    };
    const loaded = await loadModel(
      {
        async *stream(path) {
          yield files[path] ?? expect.fail(path);
        },
      },
      { model: 'net.onnx', labels: 'net.labels.json' },
    );
    expect(loaded).toMatchObject({
      classifier: {
        input: { type: 'uint8', layout: 'nhwc', width: 8, height: 8 },
        output: { classes: CLASSES.length, isSoftmax: false },
        batch: 'any',
        notes: [],
      },
      tensor: { resize: { width: 8, height: 8 }, type: 'uint8' },
      channels: 'rgb',
      labels: CLASSES,
    });
    // Beside the values it has a few shapes.
    expect(loaded.classifier.parameters - VALUES.length).toBeLessThan(2000);
    expect(loaded.classifier.parameters).toBeGreaterThan(VALUES.length);
  });

  it('refuses a run of another workload', async () => {
    await expect(trainedNetwork(summaryOf('knn'), bucket)).rejects.toMatchObject({
      code: 'INVALID_INPUT',
      message: expect.stringContaining(
        'Expected a run of cnn but run is one of knn: name one that trained a',
      ),
    });
  });

  it.each([
    ['no arm answered', () => {}, null, 'no arm left an answer'],
    [
      'a stage was not reduced',
      () => bucket.objects.delete(layout.reduced(...ARM, 1)),
      undefined,
      'stage 1 was not',
    ],
    [
      'the values are others',
      () => bucket.put(layout.outcome(...ARM, 1), `${OUTCOME} `),
      undefined,
      'stage 1: ',
    ],
  ] as const)('says so where %s', async (_, spoil, answer, why) => {
    spoil();
    await expect(trainedNetwork(summaryOf('cnn', answer), bucket)).rejects.toMatchObject({
      code: 'NO_NETWORK',
      message: expect.stringContaining(`Expected the values of a trained network of the run run but ${why}`),
    });
  });

  it('refuses values of another network', async () => {
    putStage(1, writeState({ side: 8, classes: 3, found, values: VALUES.subarray(1) }));
    await expect(trainedNetwork(summaryOf(), bucket)).rejects.toMatchObject({ code: 'OUTCOME_DAMAGED' });
  });
});
