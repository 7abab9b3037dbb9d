import { readFile } from 'node:fs/promises';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { expect, it } from 'vitest';
import { summaryJsonSchema } from '../../../src/report/json-schema.ts';
import { SUMMARY_VERSION } from '../../../src/report/summary-schema.ts';
import { realSummary } from './sample.ts';

// ajv knows no formats by itself.
const OPTIONS = { strict: true, allErrors: true, formats: { date: /^\d{4}-\d{2}-\d{2}$/ } };
const PUBLISHED = new URL('../../../schemas/summary.schema.json', import.meta.url);

it('is published as it is in the code; else run `node scripts/write-schema.ts`', async () => {
  expect(JSON.parse(await readFile(PUBLISHED, 'utf8'))).toEqual(summaryJsonSchema());
});

it('fits the summary of a real run, also with a field that it does not know', async () => {
  const validate = new Ajv2020(OPTIONS).compile(summaryJsonSchema());
  const summary = await realSummary();
  expect(validate(summary), JSON.stringify(validate.errors)).toBe(true);
  expect(validate({ ...summary, somethingNew: 1 })).toBe(true);
});

it('refuses what is no summary of this version', async () => {
  const validate = new Ajv2020(OPTIONS).compile(summaryJsonSchema());
  const summary = await realSummary();
  expect(validate({ ...summary, schemaVersion: SUMMARY_VERSION + 1 })).toBe(false);
  expect(validate({ ...summary, headline: null })).toBe(false);
});

it.each(Object.keys(await realSummary()))('requires %s', async (field) => {
  const validate = new Ajv2020(OPTIONS).compile(summaryJsonSchema());
  expect(validate({ ...(await realSummary()), [field]: undefined })).toBe(false);
});
