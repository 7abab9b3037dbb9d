import * as z from 'zod';
import { parse } from '../parse.ts';

const port = z.coerce.number().int().min(1).max(65_535);

const shellSchema = z.object({
  FANFLEET_HOME: z.string().optional(),
  FANFLEET_PORT: port.default(4566),
  FANFLEET_EC2_PORT: port.default(4577),
  AWS_REGION: z.string().optional(),
  PATH: z.string().default('/usr/local/bin:/usr/bin:/bin'),
  HOME: z.string().default('/'),
});
export type Shell = z.infer<typeof shellSchema>;

/** What the command line reads of its environment; AWS credentials are left to the SDK. */
export function readShell(): Readonly<Shell> {
  return parse(shellSchema, process.env, 'The environment');
}

/** The environment for a program that must not see our settings for another AWS. */
export function withoutAws(): Record<string, string> {
  return Object.fromEntries(
    Object.entries(process.env).filter(
      (entry): entry is [string, string] => entry[1] !== undefined && !entry[0].startsWith('AWS_'),
    ),
  );
}
