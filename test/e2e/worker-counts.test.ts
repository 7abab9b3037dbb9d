import { createHash } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import { cliJson } from '../../scripts/own-stack/cli.ts';
import { startExecution } from '../../scripts/own-stack/stack.ts';
import { ENGINE_NAMES } from '../../src/contract/engines.ts';
import { IS_FULL } from '../support/full-only.ts';
import { copySample } from './support/copy-sample.ts';
import { independentlyClassified, putDigitsModel } from './support/digits-classified.ts';
import { withFewOf } from './support/few-of-sample.ts';
import { digestOfStages, independentKmeans } from './support/independent-kmeans.ts';
import { independentKnn } from './support/independent-knn.ts';
import { armOf, useKeptFleets } from './support/kept-fleets.ts';

const IMAGES = 240;
const PREFIX = 'counted/';
const REQUEST = { prefix: PREFIX, batchSize: 10, baseline: false };
const KNN = { name: 'knn', params: { k: 3, ask: 60 } };
const KMEANS = { name: 'kmeans', params: { k: 10, maxIterations: 5 } };
const TOP = 3;
const WORKER_COUNTS = [1, 2, 4];
/** Images that a model gets at once. */
const MODEL_BATCHES = [1, 8, 32];

/** `knn.test.ts`, `kmeans.test.ts`, `kept-fleet.test.ts` and `alone/main-job.test.ts` have what `npm test` has of it, with two workers. */
describe.runIf(IS_FULL)('the digits by their nearest, in clusters, and by a model', () => {
  const kept = useKeptFleets();
  /** What numpy, fractions and decimal numbers give. */
  let expected: { readonly knn: string; readonly kmeans: string; readonly classify: string };
  let model: string;

  beforeAll(async () => {
    await copySample('digits', IMAGES, PREFIX);
    model = await putDigitsModel('models/counted/');
    const [nearest, classified] = await withFewOf('digits', IMAGES, async (folder) => [
      await independentKnn(folder, { ...KNN.params, prefix: PREFIX }),
      await independentlyClassified(folder, { top: TOP, prefix: PREFIX }),
    ]);
    const stages = await independentKmeans({ images: IMAGES, ...KMEANS.params, prefix: PREFIX });
    expected = {
      knn: createHash('sha256').update(nearest).digest('hex'),
      classify: createHash('sha256').update(classified).digest('hex'),
      kmeans: digestOfStages(stages),
    };
  });

  /** The only arm of a run. */
  async function run(workload: object, where: object) {
    return armOf(await kept.done(await startExecution(kept.stack, { ...REQUEST, ...where, workload })));
  }

  /** Likewise, of the workloads that learn. */
  async function armsOf(where: object) {
    return { knn: await run(KNN, where), kmeans: await run(KMEANS, where) };
  }

  async function expectOneDigestOfModel(where: object) {
    for (const modelBatch of MODEL_BATCHES) {
      const { valid, digest } = await run(
        { name: 'classify', params: { model, top: TOP, modelBatch } },
        where,
      );
      expect({ modelBatch, valid, digest }).toEqual({ modelBatch, valid: true, digest: expected.classify });
    }
  }

  it('have the answer of the independent computations by functions', async () => {
    const { knn, kmeans } = await armsOf({ arms: ['serverless'] });
    expect([knn.valid, kmeans.valid]).toEqual([true, true]);
    expect(knn.digest).toBe(expected.knn);
    expect(kmeans.digest).toBe(expected.kmeans);
    await expectOneDigestOfModel({ arms: ['serverless'] });
  });

  describe.each(ENGINE_NAMES)('and by a fleet of %s', (engine) => {
    it.each(WORKER_COUNTS)('of %i workers', async (workers) => {
      const name = `counted-${engine}-${workers}`;
      const { id } = await kept.start(name, '--engine', engine, '--workers', String(workers));
      const { knn, kmeans } = await armsOf({ arms: ['fleet'], fleet: name });
      await expectOneDigestOfModel({ arms: ['fleet'], fleet: name });
      await cliJson(kept.stack.home, ['fleet', 'stop', name]);
      expect([knn.valid, kmeans.valid]).toEqual([true, true]);
      expect(knn.digest).toBe(expected.knn);
      expect(kmeans.digest).toBe(expected.kmeans);
      expect(kmeans.fleet?.workersJoined).toBe(workers);
      await kept.expectNothingLeft(id);
    });
  });
});
