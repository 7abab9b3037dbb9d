import * as z from 'zod';
import { SUMMARY_VERSION, summarySchema } from './summary-schema.ts';

/**
 * The JSON Schema (draft 2020-12) of summary.json, as it is published in `schemas/summary.schema.json`.
 *
 * It requires every field that this version of fanfleet always writes, null where it is not known. Fields that it does not
 * know are allowed: new ones do not raise `schemaVersion`.
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
