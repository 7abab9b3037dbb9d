import { beforeAll, describe, expect, it } from 'vitest';
import { cliJson } from '../../scripts/own-stack/cli.ts';
import { startExecution } from '../../scripts/own-stack/stack.ts';
import { ENGINE_NAMES } from '../../src/contract/engines.ts';
import { layout } from '../../src/contract/layout.ts';
import { IS_FULL } from '../support/full-only.ts';
import { copySample } from './support/copy-sample.ts';
import { independentlyClassified, putDigitsModel } from './support/digits-classified.ts';
import { withFewOf } from './support/few-of-sample.ts';
import { armOf, useKeptFleets } from './support/kept-fleets.ts';

const IMAGES = 60;
/** The files of batches are in the digest, so that all runs are to have the same: more than four workers want. */
const BATCH_SIZE = 3;
const PREFIX = 'embedded-everywhere/';
const WORKER_COUNTS = [1, 2, 4];
/** Images that the model gets at once. */
const MODEL_BATCHES = [1, 8, 32];

/** `embed.test.ts` has what `npm test` has of it. */
describe.runIf(IS_FULL)('the embeddings of the digits', () => {
  const kept = useKeptFleets();
  let model: string;
  /** Of the first run, whose rows are those of an independent computation. */
  let digest: string;

  /** The id and the only arm of a run. */
  async function run(modelBatch: number, where: object) {
    const params = { model, layer: 'scores', modelBatch };
    const workload = { name: 'embed', params };
    const request = { prefix: PREFIX, batchSize: BATCH_SIZE, baseline: false, workload };
    const summary = await kept.done(await startExecution(kept.stack, { ...request, ...where }));
    return { runId: summary.runId, arm: armOf(summary) };
  }

  beforeAll(async () => {
    await copySample('digits', IMAGES, PREFIX);
    model = await putDigitsModel('models/embedded-everywhere/');
    const expected = await withFewOf('digits', IMAGES, (folder) =>
      independentlyClassified(folder, { top: 1, prefix: PREFIX }),
    );
    const { runId, arm } = await run(8, { arms: ['serverless'] });
    expect(arm.valid).toBe(true);
    const batches = Array.from({ length: IMAGES / BATCH_SIZE }, (_, batch) =>
      kept.stack.runs.get(layout.result(runId, 'serverless', 0, batch)),
    );
    // Of the scores of the whole model a row of `classify` has the hash as well.
    expect(fieldsOf(Buffer.concat(await Promise.all(batches)).toString(), 'embedding')).toEqual(
      fieldsOf(expected, 'logits'),
    );
    digest = arm.digest ?? '';
  });

  it.each(MODEL_BATCHES)('are those by functions, with %i at once', async (modelBatch) => {
    const { arm } = await run(modelBatch, { arms: ['serverless'] });
    expect(arm).toMatchObject({ valid: true, digest });
  });

  describe.each(ENGINE_NAMES)('are those by a fleet of %s', (engine) => {
    it.each(WORKER_COUNTS)('of %i workers, with any number at once', async (workers) => {
      const name = `embedding-${engine}-${workers}`;
      const { id } = await kept.start(name, '--engine', engine, '--workers', String(workers));
      for (const modelBatch of MODEL_BATCHES) {
        const { arm } = await run(modelBatch, { arms: ['fleet'], fleet: name });
        expect({ valid: arm.valid, digest: arm.digest }, `${modelBatch} at once`).toEqual({
          valid: true,
          digest,
        });
        expect(arm.fleet?.workersJoined).toBe(workers);
      }
      await cliJson(kept.stack.home, ['fleet', 'stop', name]);
      await kept.expectNothingLeft(id);
    });
  });
});

/** Of each row its key and another field. */
function fieldsOf(rows: string, field: string): [key: unknown, value: unknown][] {
  return rows
    .trimEnd()
    .split('\n')
    .map((line) => {
      const row = JSON.parse(line) as Record<string, unknown>;
      return [row.key, row[field]];
    });
}
