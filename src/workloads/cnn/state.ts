import { FanfleetError } from '../../errors.ts';
import { readFields } from '../../fields.ts';
import { MOST_CLASSES } from './params.ts';
import { readValues, valuesText } from './values.ts';

/** Images that were recognised, of so many. */
export type Right = readonly [right: number, images: number];

/** What a stage found. */
export interface Found {
  /** The mean of its steps' losses, in millionths; null where nothing was learnt. */
  readonly loss: number | null;
  /** By the values that it began with: of images that are learned from, and of the others. */
  readonly train: Right;
  readonly test: Right;
}

/** The values with which a stage begins, and what the one before found. */
export interface State {
  /** Width and height of all images. */
  readonly side: number;
  readonly classes: number;
  /** Null at the start. */
  readonly found: Found | null;
  /** Parameters and running averages, in the order of the inputs of the graphs. */
  readonly values: Float32Array;
}

/** The one text form of a state: compact JSON. ec2-workers/fanfleet/workloads/cnn.py writes the same bytes. */
export function writeState({ side, classes, found, values }: State): string {
  const told = found && { loss: found.loss, train: found.train, test: found.test };
  return JSON.stringify({ side, classes, found: told, values: valuesText(values) });
}

const known = new WeakMap<Buffer, State>();

/**
 * Read a state; once for each buffer, which must not change.
 *
 * @throws FanfleetError `OUTCOME_DAMAGED`
 */
export function readState(file: Buffer): State {
  const state = known.get(file) ?? parseState(file.toString('latin1'));
  known.set(file, state);
  return state;
}

/**
 * What the stage found, and the text of the values, of an outcome: without the values being made, which are many.
 *
 * @throws FanfleetError `OUTCOME_DAMAGED`
 */
export function foundIn(file: Buffer): { readonly found: Found | null; readonly values: string } {
  const text = file.toString('latin1');
  const at = text.indexOf(',"values":"');
  if (at < 0) throw damaged('there are no values');
  const { found } = parseState(`${text.slice(0, at)},"values":"AAAAAA=="}`);
  return { found, values: text.slice(at + 11, -2) };
}

/** Without zod, since workers read it. */
function parseState(text: string): State {
  try {
    return readFields(JSON.parse(text), 'The state', (fields) => ({
      side: fields.integer('side', 1),
      classes: fields.integer('classes', 2, MOST_CLASSES),
      found: fields.nullable('found', (name) =>
        fields.object(name, (own) => ({
          loss: own.nullable('loss', (loss) => own.integer(loss)),
          train: own.take('train', 'two integers', isRight, [0, 0]),
          test: own.take('test', 'two integers', isRight, [0, 0]),
        })),
      ),
      values: readValues(fields.text('values')) ?? noValues(),
    }));
  } catch (cause) {
    throw damaged(FanfleetError.from(cause).message, cause);
  }
}

export function isRight(value: unknown): value is Right {
  if (!Array.isArray(value) || value.length !== 2 || !value.every((each) => Number.isSafeInteger(each)))
    return false;
  const [right, images] = value as [number, number];
  return right >= 0 && right <= images;
}

function noValues(): never {
  throw new TypeError('its values are no float32 as base64');
}

/** @param why what was found; after "Expected the values of a network but" */
export function damaged(why: string, cause?: unknown): FanfleetError {
  const message = `Expected the values of a network but ${why}: start the run again, and let nothing else write there.`;
  return new FanfleetError('OUTCOME_DAMAGED', message, { source: 'internal', cause });
}
