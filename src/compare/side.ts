import * as z from 'zod';
import { type Arm, armSchema } from '../contract/arm.ts';
import { invalidInput, problemOf } from '../invalid-input.ts';
import { parse } from '../parse.ts';
import { type RequestInput, requestSchema } from '../run/request.ts';

/** One of the two configurations that are compared. */
export const sideSchema = z.object({
  /** As it was given. */
  label: z.string(),
  arm: armSchema,
  /** Of the stack that it runs on; null for that of the command. */
  stage: z.string().nullable(),
  /** What the functions of that stack must have been deployed with; null: whatever it is. */
  architecture: z.enum(['arm64', 'x86_64']).nullable(),
  /** Fields of its request. */
  settings: z.record(z.string(), z.union([z.string(), z.number(), z.array(z.string())])),
});
export type Side = z.infer<typeof sideSchema>;

type Field = keyof RequestInput;

/** What an arm can be given here. What both sides must have alike, such as the workload, is an option of the command. */
const FIELDS: Readonly<Record<Arm, readonly Field[]>> = {
  serverless: ['memory', 'concurrency', 'batchSize', 'toleratedFailures'],
  fleet: [
    'fleet',
    'engine',
    'workers',
    'workersMax',
    'targetSeconds',
    'instanceType',
    'instanceTypes',
    'market',
    'swap',
    'batchSize',
    'fleetDeadline',
  ],
};
const TEXTS: readonly Field[] = ['engine', 'fleet', 'instanceType', 'market'];
const DEFAULT_WORKERS = requestSchema.shape.workers.parse(undefined);
const ARCHITECTURES: Readonly<Record<Arm, readonly string[]>> = { serverless: ['architecture'], fleet: [] };

/**
 * Read a configuration: an arm, and settings of a run by the names of its options, e.g. `serverless,memory=3538` or
 * `fleet,engine=ray,workers=4`. A list has `+` between its items: `instance-types=c7g.large+c6g.large`.
 *
 * @param name how the configuration is called in the error: `A` or `B`
 * @throws FanfleetError `INVALID_INPUT` that lists every problem and names what is allowed
 */
export function parseSide(label: string, name: string): Side {
  const [armText = '', ...given] = label.split(',').map((part) => part.trim());
  const what = `The configuration ${name}`;
  const found = armSchema.safeParse(armText);
  if (!found.success) {
    const expected = 'an arm (`serverless` or `fleet`) before its settings, as in `serverless,memory=3538`,';
    throw invalidInput(what, [problemOf(expected, name, label)]);
  }
  const arm = found.data;
  const problems: string[] = [];
  const values = new Map<string, string>();
  for (const part of given) {
    const [, setting = '', value = ''] = /^([^=]*)=?(.*)$/s.exec(part) ?? [];
    if (!namesOf(arm).includes(setting)) {
      problems.push(problemOf(`one of ${namesOf(arm).join(', ')}, of the ${arm} arm,`, name, setting));
    } else if (value === '') problems.push(problemOf('a value, as in `name=value`,', setting, part));
    else if (values.has(setting)) problems.push(problemOf('one value', setting, part));
    else values.set(setting, value);
  }
  if (problems.length > 0) throw invalidInput(what, problems);
  const settings = FIELDS[arm].flatMap((field) => {
    const text = values.get(optionOf(field));
    return text === undefined ? [] : [[field, settingOf(field, text)] as const];
  });
  const side = {
    label: [armText, ...given].join(','),
    arm,
    stage: values.get('stage') ?? null,
    architecture: values.get('architecture') ?? null,
    settings: Object.fromEntries(settings),
  };
  return parse(sideSchema, side, what);
}

/**
 * The request of a side: its arm alone, once.
 *
 * Without a `concurrency` of its own a fleet has that of the other side, or as many as either has workers: it has no
 * other effect on it than on the number of batches, which should be the same for both.
 *
 * @param common what both sides are given; a side's own settings come before it
 * @throws FanfleetError `INVALID_INPUT`
 */
export function requestOfSide(
  common: Readonly<Record<string, unknown>>,
  side: Side,
  other: Side,
): RequestInput {
  const { instanceType, instanceTypes, fleet, ...shared } = common;
  const ownTypes = 'instanceType' in side.settings || 'instanceTypes' in side.settings;
  const request = {
    ...shared,
    ...(ownTypes ? {} : defined({ instanceType, instanceTypes })),
    ...(side.arm === 'fleet' ? defined({ fleet, concurrency: concurrencyFor(common, side, other) }) : {}),
    ...side.settings,
    arms: [side.arm],
    repeats: 1,
    baseline: false,
  };
  parse(requestSchema, request, `The request of ${side.label}`);
  return request as unknown as RequestInput;
}

function concurrencyFor(common: Readonly<Record<string, unknown>>, side: Side, other: Side): unknown {
  if (common.concurrency !== undefined || other.arm === 'serverless') {
    return common.concurrency ?? other.settings.concurrency;
  }
  return Math.max(
    ...[side, other].map(({ settings }) => Number(settings.workers ?? common.workers ?? DEFAULT_WORKERS)),
  );
}

function defined(fields: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}

function namesOf(arm: Arm): string[] {
  return [...FIELDS[arm].map(optionOf), ...ARCHITECTURES[arm], 'stage'];
}

/** `batchSize` is `batch-size` on a command line. */
function optionOf(field: string): string {
  return field.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

/** What is no number stays a text: the schema of the request then says what it expected. */
function settingOf(field: Field, text: string): string | number | string[] {
  if (field === 'instanceTypes') return text.split('+');
  const number = Number(text);
  return TEXTS.includes(field) || Number.isNaN(number) ? text : number;
}
