import { createHash } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import { cliJson } from '../../scripts/own-stack/cli.ts';
import { startExecution } from '../../scripts/own-stack/stack.ts';
import { ENGINE_NAMES } from '../../src/contract/engines.ts';
import { IS_FULL } from '../support/full-only.ts';
import { copySample } from './support/copy-sample.ts';
import { withFewOf } from './support/few-of-sample.ts';
import { digestOfStages, independentKmeans } from './support/independent-kmeans.ts';
import { independentKnn } from './support/independent-knn.ts';
import { armOf, useKeptFleets } from './support/kept-fleets.ts';

const IMAGES = 240;
const PREFIX = 'counted/';
const REQUEST = { prefix: PREFIX, batchSize: 10, baseline: false };
const KNN = { name: 'knn', params: { k: 3, ask: 60 } };
const KMEANS = { name: 'kmeans', params: { k: 10, maxIterations: 5 } };
const WORKER_COUNTS = [1, 2, 4];

/** `knn.test.ts`, `kmeans.test.ts`, `kept-fleet.test.ts` and `alone/main-job.test.ts` have what `npm test` has of it, with two workers. */
describe.runIf(IS_FULL)('the digits by their nearest, and in clusters', () => {
  const kept = useKeptFleets();
  /** What numpy and fractions give. */
  let expected: { readonly knn: string; readonly kmeans: string };

  beforeAll(async () => {
    await copySample('digits', IMAGES, PREFIX);
    const nearest = await withFewOf('digits', IMAGES, (folder) =>
      independentKnn(folder, { ...KNN.params, prefix: PREFIX }),
    );
    const stages = await independentKmeans({ images: IMAGES, ...KMEANS.params, prefix: PREFIX });
    expected = {
      knn: createHash('sha256').update(nearest).digest('hex'),
      kmeans: digestOfStages(stages),
    };
  });

  /** The only arm of a run of each workload. */
  async function armsOf(where: object) {
    const run = async (workload: object) =>
      armOf(await kept.done(await startExecution(kept.stack, { ...REQUEST, ...where, workload })));
    return { knn: await run(KNN), kmeans: await run(KMEANS) };
  }

  it('have the answer of the independent computations by functions', async () => {
    const { knn, kmeans } = await armsOf({ arms: ['serverless'] });
    expect([knn.valid, kmeans.valid]).toEqual([true, true]);
    expect({ knn: knn.digest, kmeans: kmeans.digest }).toEqual(expected);
  });

  describe.each(ENGINE_NAMES)('and by a fleet of %s', (engine) => {
    it.each(WORKER_COUNTS)('of %i workers', async (workers) => {
      const name = `counted-${engine}-${workers}`;
      const { id } = await kept.start(name, '--engine', engine, '--workers', String(workers));
      const { knn, kmeans } = await armsOf({ arms: ['fleet'], fleet: name });
      await cliJson(kept.stack.home, ['fleet', 'stop', name]);
      expect([knn.valid, kmeans.valid]).toEqual([true, true]);
      expect({ knn: knn.digest, kmeans: kmeans.digest }).toEqual(expected);
      expect(kmeans.fleet?.workersJoined).toBe(workers);
      await kept.expectNothingLeft(id);
    });
  });
});
