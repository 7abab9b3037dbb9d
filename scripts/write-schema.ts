// Writes schemas/summary.schema.json from the schema in the code.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { summaryJsonSchema } from '../src/report/json-schema.ts';

const file = join(import.meta.dirname, '..', 'schemas', 'summary.schema.json');
await writeFile(file, `${JSON.stringify(summaryJsonSchema(), null, 2)}\n`);
