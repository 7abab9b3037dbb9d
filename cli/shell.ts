import * as z from 'zod';
import { parse } from '../src/parse.ts';

const port = z.coerce.number().int().min(1).max(65_535);

const shellSchema = z.object({
  FANFLEET_HOME: z.string().optional(),
  FANFLEET_PORT: port.default(4566),
  FANFLEET_EC2_PORT: port.default(4577),
  FANFLEET_HOSTS: z.enum(['auto', 'namespaces', 'processes']).default('auto'),
  FANFLEET_HOST_CPUS: z.coerce.number().min(0.05).max(1_024).optional(),
  FANFLEET_HOST_MEMORY: z.coerce.number().int().min(16).max(16_777_216).optional(),
  FANFLEET_HOST_IMAGE: z.string().startsWith('/').optional(),
  FANFLEET_FUNCTION_LIMITS: z.enum(['none', 'lambda']).optional(),
  FANFLEET_ACCOUNT_CONCURRENCY: z.coerce.number().int().min(1).max(10_000).optional(),
  FANFLEET_SET_UP_PIPE: z.coerce.number().int().min(3).optional(),
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
