import { create } from '@bufbuild/protobuf';
import { describe, expect, it } from 'vitest';
import { type BatchPlace, BatchPlaceSchema } from '../../../src/grpc/protocol/head_pb.js';
import { ownAddress } from '../../support/own-address.ts';
import { grpcFleet, headKey } from './grpc-fleet.ts';

const { store, planRun, startHead, startWorker, startRun, location } = grpcFleet();

describe('the head refuses', () => {
  it('whoever has not the secret', async () => {
    const tasks = await planRun('secret');
    await startHead('secret');
    const stranger = { secret: 'x'.repeat(48) };
    const [worker, run] = [startWorker('secret', 1, stranger), startRun('secret', [tasks], stranger)];
    expect([await worker.ended, await run.ended]).toEqual([1, 1]);
    for (const { output } of [worker, run]) expect(output()).toContain('[HEAD_REFUSED]');
  });
});

describe('workers refuse', () => {
  it('a head that has another certificate than the one that was published', async () => {
    // Prepare
    const tasks = await planRun('impostor');
    await startHead('impostor');
    const real = await location('impostor');
    await startHead('other', ownAddress(12));
    const { certificate } = await location('other');
    await store().putJson(headKey('impostor'), { ...real, certificate });

    // Act
    const worker = startWorker('impostor', 1);
    await worker.printed('no connection');

    // Assess
    expect(worker.output()).toMatch(/certificate/i);
    expect(worker.output()).not.toContain('joined');
    expect(tasks.places).toHaveLength(60);
  });
});

it('a batch that no worker can do fails the run with its error', async () => {
  // Prepare
  const tasks = await planRun('failing');
  const [{ offset, length }] = tasks.places as [BatchPlace];
  const place = create(BatchPlaceSchema, { offset, length, batch: 999 });
  await startHead('failing');
  await startWorker('failing', 1).printed('joined');

  // Act
  const run = startRun('failing', [{ job: tasks.job, places: [place] }]);

  // Assess
  expect(await run.ended).toBe(1);
  expect(run.output()).toMatch(/\[BATCH_FAILED\].*WRONG_BATCH.*999/);
});
