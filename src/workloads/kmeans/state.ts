import { FanfleetError } from '../../errors.ts';
import { isObject, readFields } from '../../fields.ts';
import { type Centre, MOST_COUNT } from '../../kernel/centres.ts';

/** The centres with which a stage begins, and how the one before came to them; of the first stage these are images. */
export interface State {
  readonly width: number;
  readonly height: number;
  readonly centres: readonly Centre[];
  /** Images that the stage before assigned to each cluster; null at the start. */
  readonly sizes: readonly number[] | null;
  /** Of the stage before, with 6 decimals: the sum of the squared distances of images to the centres that it began with. */
  readonly inertia: string | null;
}

/** The one text form of a state: compact JSON. ec2-workers/fanfleet/workloads/kmeans.py writes the same bytes. */
export function writeState({ width, height, centres, sizes, inertia }: State): string {
  const fractions = centres.map(({ count, sum }) => ({ count, sum }));
  return JSON.stringify({ width, height, centres: fractions, sizes, inertia });
}

const known = new WeakMap<Buffer, State>();

/**
 * Read a state; once for each buffer, which must not change.
 *
 * @throws FanfleetError `OUTCOME_DAMAGED`
 */
export function readState(file: Buffer): State {
  const state = known.get(file) ?? parseState(file);
  known.set(file, state);
  return state;
}

/** Without zod, since workers read it. */
function parseState(file: Buffer): State {
  let state: State;
  try {
    state = readFields(JSON.parse(file.toString('utf8')), 'The state', (fields) => ({
      width: fields.integer('width', 1),
      height: fields.integer('height', 1),
      centres: fields.take('centres', 'array of centres', isCentres, []),
      sizes: fields.nullable('sizes', (name) => fields.take(name, 'array of integers', isCounts, [])),
      inertia: fields.nullable('inertia', (name) => fields.text(name)),
    }));
  } catch (cause) {
    throw damaged(FanfleetError.from(cause).message, cause);
  }
  const length = state.width * state.height * 3;
  const wrong = state.centres.findIndex(({ count, sum }) => sum.length !== length || !areSums(sum, count));
  if (wrong >= 0) throw damaged(`centre ${wrong} is not the mean of bytes`);
  if (state.sizes !== null && state.sizes.length !== state.centres.length)
    throw damaged('its sizes are not of its centres');
  return state;
}

/** Where the centres of a state end in its text: two states with the same text before have the same centres. */
export function centresText(file: Buffer): Buffer {
  return file.subarray(0, Math.max(0, file.lastIndexOf(',"sizes":')));
}

/** The inertia in the text of an outcome, which may be long: it is the last of its fields. */
export function inertiaIn(file: Buffer): string {
  const found = /,"inertia":"(\d+\.\d{6})"\}$/.exec(file.toString('latin1', Math.max(0, file.length - 200)));
  if (found?.[1] === undefined) throw damaged('it ends with no inertia');
  return found[1];
}

/** Whether these are sums of so many bytes each. */
export function areSums(values: readonly number[], count: number): boolean {
  const most = 255 * count;
  return values.every((value) => value <= most);
}

function isCentres(value: unknown): value is readonly Centre[] {
  return Array.isArray(value) && value.length > 0 && value.every(isCentre);
}

function isCentre(value: unknown): value is Centre {
  if (!isObject(value) || !Number.isSafeInteger(value.count)) return false;
  const count = value.count as number;
  return count >= 1 && count <= MOST_COUNT && isCounts(value.sum);
}

export function isCounts(value: unknown): value is readonly number[] {
  return Array.isArray(value) && value.every((each) => Number.isSafeInteger(each) && each >= 0);
}

/** @param why what was found; after "Expected centres but" */
export function damaged(why: string, cause?: unknown): FanfleetError {
  const message = `Expected centres but ${why}: start the run again, and let nothing else write there.`;
  return new FanfleetError('OUTCOME_DAMAGED', message, { source: 'internal', cause });
}
