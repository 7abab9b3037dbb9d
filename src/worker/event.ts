import { KERNEL_CHOICES } from '../contract/kernel-choice.ts';
import type { Batch, DatasetObject } from '../contract/manifest.ts';
import { IMAGE_ERROR_CODES } from '../contract/row.ts';
import type { Stage } from '../contract/stage.ts';
import type { Workload } from '../contract/workload.ts';
import { type Fields, isObject, readFields } from '../fields.ts';
import { readInput } from './inputs.ts';
import type { Work } from './worker.ts';

/** A batch, and when Step Functions gave it out: ISO 8601, in UTC. */
export type MeasureEvent = {
  readonly work: Work;
  readonly queuedAt: string;
  /** The earlier run from which the batch may have been taken over, or null. */
  readonly resume: string | null;
};

const ISO_TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/;

/** @throws FanfleetError `INVALID_INPUT` that lists every problem */
export function readEvent(event: unknown): MeasureEvent {
  return readFields(event, 'The event of measure', (fields) => ({
    work: fields.object('work', readWork),
    queuedAt: fields.take('queuedAt', 'datetime text', isTime, ''),
    resume: fields.nullable('resume', (name) => fields.text(name)),
  }));
}

function readWork(work: Fields): Work {
  return {
    runId: work.text('runId'),
    round: work.integer('round'),
    bucket: work.text('bucket'),
    requesterPays: work.flag('requesterPays'),
    runsBucket: work.text('runsBucket'),
    workload: work.object('workload', readWorkload),
    kernel: work.oneOf('kernel', KERNEL_CHOICES),
    imageMemory: work.integer('imageMemory'),
    stage: work.nullable('stage', (name) => work.object(name, readStage)),
    batch: work.object('batch', readBatch),
  };
}

function readStage(stage: Fields): Stage {
  return { number: stage.integer('number'), state: stage.object('state', readInput) };
}

function readWorkload(workload: Fields): Workload {
  return { name: workload.text('name'), params: workload.take('params', 'object', isObject, {}) };
}

function readBatch(batch: Fields): Batch {
  return {
    batch: batch.integer('batch'),
    bytes: batch.integer('bytes'),
    objects: batch.objects('objects', readObject),
  };
}

function readObject(object: Fields): DatasetObject {
  const shard = object.optional('shard', (name) =>
    object.object(name, (place) => ({ key: place.text('key'), offset: place.integer('offset') })),
  );
  const refused = object.optional('refused', (name) => object.oneOf(name, IMAGE_ERROR_CODES));
  return {
    key: object.text('key'),
    size: object.integer('size'),
    etag: object.text('etag', 0),
    ...(shard && { shard }),
    ...(refused && { refused }),
  };
}

function isTime(value: unknown): value is string {
  return typeof value === 'string' && ISO_TIME.test(value) && !Number.isNaN(Date.parse(value));
}
