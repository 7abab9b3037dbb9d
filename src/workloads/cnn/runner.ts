import { isFailed } from '../../contract/row.ts';
import { FanfleetError } from '../../errors.ts';
import type { Inputs, StagedRunner } from '../workload.ts';
import type { Lesson } from './network-thread.ts';
import { learn } from './networks.ts';
import { drawnOrder } from './order.ts';
import { BATCH, type CnnWork, LEARNT } from './params.ts';
import { writeShard } from './shard.ts';
import { type Right, readState } from './state.ts';
import { placeOf, readTruth } from './truth-file.ts';

/** Takes each image for what the network of the state says, and learns from those that are for that. */
export function cnnRunner(work: CnnWork): StagedRunner {
  return {
    inputs: ['training', 'evaluation', 'truth'],
    size: (state) => {
      const { side } = readState(state);
      return { width: side, height: side };
    },
    step: async ({ rows, pixels }, _, { number, state }, inputs) => {
      const { classes: names, train, test } = readTruth(inputOf(inputs, 'truth'));
      const { side, classes, values } = readState(state);
      const keys = rows.flatMap((row) => (isFailed(row) ? [] : [row.key]));
      const trainOf = keys.map((key) => placeOf(train, key));
      const lesson = lessonOf(work, number, trainOf);
      const graphs = { training: inputOf(inputs, 'training'), evaluation: inputOf(inputs, 'evaluation') };
      const found = await learn(graphs, { values, images: pixels, length: side * side * 3, classes, lesson });
      const labels = found.labels.values();
      return {
        rows: rows.map((row) =>
          isFailed(row) ? row : { ...row, label: names[labels.next().value ?? 0] ?? '' },
        ),
        files: [
          {
            folder: LEARNT,
            body: writeShard({
              images: lesson === null ? 0 : trainOf.filter((place) => place !== null).length,
              steps: found.losses.length,
              loss: found.losses.reduce((sum, loss) => sum + inMillionths(loss), 0),
              train: rightOf(found.labels, trainOf),
              test: rightOf(
                found.labels,
                keys.map((key) => placeOf(test, key)),
              ),
              values: found.values,
            }),
          },
        ],
      };
    },
  };
}

/** What a shard learns in a round; null behind the last one, and where there is nothing to learn from. */
function lessonOf(work: CnnWork, round: number, trainOf: readonly (number | null)[]): Lesson | null {
  const places = trainOf.flatMap((place, at) => (place === null ? [] : [at]));
  if (round >= work.rounds || places.length === 0) return null;
  const drawn = drawnOrder(places.length, work.steps * BATCH, work.seed, round);
  const order = drawn.map((at) => places[at] ?? 0);
  const truth = order.map((at) => trainOf[at] ?? 0);
  return { order, truth, rate: work.rate * (1 - round / work.rounds), momentum: work.momentum };
}

function rightOf(labels: Int32Array, places: readonly (number | null)[]): Right {
  const right = places.filter((place, at) => place !== null && place === labels[at]).length;
  return [right, places.filter((place) => place !== null).length];
}

function inMillionths(loss: number): number {
  if (Number.isFinite(loss)) return Math.floor(loss * 1e6 + 0.5);
  const message = `Expected a loss that is a number but it is ${loss}: the steps are too large, so take a smaller \`rate\`.`;
  throw new FanfleetError('INVALID_INPUT', message, { source: 'user' });
}

function inputOf(inputs: Inputs, name: string): Buffer {
  const file = inputs.get(name);
  if (file !== undefined) return file;
  throw new FanfleetError(
    'INPUT_DAMAGED',
    `Expected the input \`${name}\` but there is none: start the run again.`,
    {
      source: 'internal',
    },
  );
}
