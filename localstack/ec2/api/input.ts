import * as z from 'zod';
import { Ec2Error } from './ec2-error.ts';
import type { QueryRequest } from './query.ts';

/** The building blocks of the inputs: on the wire every value is text. */
export const booleanText = z.enum(['true', 'false']).transform((text) => text === 'true');

/** A whole number between two bounds, inclusive. */
export function integerText(least: number, most: number) {
  return z
    .string()
    .regex(/^-?[0-9]{1,9}$/, 'It must be a whole number.')
    .transform(Number)
    .pipe(z.number().min(least, `It must be at least ${least}.`).max(most, `It must be at most ${most}.`));
}

const filterText = z.strictObject({
  Name: z.string().min(1),
  Value: z.array(z.string()).max(200).default([]),
});

export const filters = z.array(filterText).max(50).default([]);

export const tag = z.strictObject({
  Key: z
    .string()
    .min(1)
    .max(128)
    .refine((key) => !key.startsWith('aws:'), 'Tag keys starting with aws: are reserved.'),
  Value: z.string().max(256).default(''),
});
export type Tag = z.output<typeof tag>;

export const tagSpecifications = z
  .array(z.strictObject({ ResourceType: z.string().min(1), Tag: z.array(tag).max(50).default([]) }))
  .default([]);

export const clientToken = z
  .string()
  .min(1)
  .max(64)
  .regex(/^[\x21-\x7e]+$/, 'It must be ASCII without spaces.')
  .optional();

/** `DryRun` is dealt with before the action is looked at. */
export const common = { DryRun: booleanText.optional() };

export function paging(least: number, most: number) {
  return { MaxResults: integerText(least, most).optional(), NextToken: z.string().min(1).optional() };
}

/**
 * Check the parameters of an action.
 *
 * @throws Ec2Error `UnknownParameter`, `MissingParameter` or `InvalidParameterValue`, naming the parameter as it is
 *   written on the wire
 */
export function parseInput<S extends z.ZodType>(
  schema: S,
  parameters: QueryRequest['parameters'],
): z.output<S> {
  const result = schema.safeParse(parameters);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  throw issue === undefined
    ? new Ec2Error('InvalidParameterValue', 'The request is not valid.')
    : toError(issue, parameters);
}

function toError(issue: z.core.$ZodIssue, parameters: QueryRequest['parameters']): Ec2Error {
  const path = wirePath(issue.path);
  if (issue.code === 'unrecognized_keys') {
    const name = [path, issue.keys[0]].filter(Boolean).join('.');
    return new Ec2Error('UnknownParameter', `The parameter ${name} is not recognized by this endpoint.`);
  }
  const value = valueAt(issue.path, parameters);
  if (value === undefined) {
    return new Ec2Error('MissingParameter', `The request must contain the parameter ${path}`);
  }
  const shown = typeof value === 'string' ? value.slice(0, 200) : 'a structure';
  return new Ec2Error(
    'InvalidParameterValue',
    `Value (${shown}) for parameter ${path} is invalid. ${issue.message}`,
  );
}

/** EC2 counts lists from one. */
function wirePath(path: readonly PropertyKey[]): string {
  return path.map((part) => (typeof part === 'number' ? part + 1 : String(part))).join('.');
}

function valueAt(path: readonly PropertyKey[], root: unknown): unknown {
  let value = root;
  for (const part of path) {
    if (value === null || typeof value !== 'object') return undefined;
    value = (value as Record<PropertyKey, unknown>)[part];
  }
  return value;
}
