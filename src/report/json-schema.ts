import * as z from 'zod';
import { SUMMARY_VERSION, summarySchema } from './summary-schema.ts';

/**
 * The JSON Schema (draft 2020-12) of summary.json, as it is published in `schemas/summary.schema.json`.
 *
 * Fields that came after the first summary of its version are not required, and fields that it does not know are
 * allowed, so that it fits every summary with this `schemaVersion`.
 */
export function summaryJsonSchema(): object {
  const { $schema, ...schema } = z.toJSONSchema(summarySchema, { io: 'input', target: 'draft-2020-12' });
  return {
    $schema,
    $id: `urn:fanfleet:summary:${SUMMARY_VERSION}`,
    title: `fanfleet summary.json, version ${SUMMARY_VERSION}`,
    description: 'The outcome of a run. docs/summary.md says how each figure is computed.',
    ...schema,
  };
}
