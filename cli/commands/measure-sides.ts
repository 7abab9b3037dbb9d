import { GetFunctionConfigurationCommand } from '@aws-sdk/client-lambda';
import { freshEnvironments } from '../../src/aws/fresh-environments.ts';
import { ObjectStore } from '../../src/aws/object-store.ts';
import type { Stack } from '../../src/aws/stack.ts';
import type { Comparison } from '../../src/compare/comparison.ts';
import { type Measurement, measurementOf, type State } from '../../src/compare/measurement.ts';
import { runsBeside } from '../../src/compare/overlap.ts';
import { requestOfSide, type Side } from '../../src/compare/side.ts';
import { FanfleetError } from '../../src/errors.ts';
import { listRuns } from '../../src/run/start.ts';
import type { Turn } from '../../src/sweep/order.ts';
import { readProcessing } from '../../src/sweep/processing.ts';
import { runsModel } from '../../src/workloads/names.ts';
import { DEFAULT_WORKLOAD } from '../../src/workloads/schemas.ts';
import { type Aws, type Context, connect } from '../context.ts';
import { measureTurns, type Turns } from './measure-turns.ts';
import { measuredRun } from './measured-run.ts';

/** Of how many of the latest runs is looked whether they disturb the one that is measured. */
const RUNS_LOOKED_AT = 20;

/** What runs are to be made. */
export interface AskedRuns {
  readonly id: string;
  readonly state: State;
  /** What all have in common. */
  readonly request: Readonly<Record<string, unknown>>;
  /** Each configuration once. */
  readonly sides: readonly Side[];
  /** That of a point, and the one that it is compared with. */
  readonly sideOf: (point: number) => { readonly side: Side; readonly other: Side };
}

/** The runs that are left of them, and how each is kept. */
export interface TurnsOfSides<K> extends Omit<Turns<K>, 'measure'> {
  readonly withMeasurement: (
    kept: K,
    measurement: Measurement,
    environment: MeasuredTurn['environment'],
  ) => K;
}

/** Make the runs that are left, each side on its stack and its functions as they were asked for. */
export async function measureSides<K>(
  context: Context,
  aws: Aws,
  begun: K,
  asked: AskedRuns,
  { withMeasurement, ...turns }: TurnsOfSides<K>,
): Promise<K> {
  if (turns.left.length === 0) return begun;
  const runner = await SidesRunner.create(context, aws, asked);
  try {
    await runner.warmUp();
    return await measureTurns(context, begun, {
      ...turns,
      measure: async (kept, turn) => {
        const { measurement, environment } = await runner.measure(turn);
        return {
          kept: withMeasurement(kept, measurement, environment),
          failure: measurement.status === 'failed' ? measurement.error.message : null,
        };
      },
    });
  } finally {
    await runner.end();
  }
}

/** What was measured, and where. */
interface MeasuredTurn {
  readonly measurement: Measurement;
  readonly environment: Comparison['environment'];
}

class SidesRunner {
  readonly #context: Context;
  readonly #asked: AskedRuns;
  readonly #stacks: ReadonlyMap<Side, Aws>;
  #renewed = 0;

  private constructor(context: Context, asked: AskedRuns, stacks: ReadonlyMap<Side, Aws>) {
    this.#context = context;
    this.#asked = asked;
    this.#stacks = stacks;
  }

  /** @throws FanfleetError `ARCHITECTURE_NOT_DEPLOYED`, and what `connect` throws for the stage of a side */
  static async create(context: Context, aws: Aws, asked: AskedRuns): Promise<SidesRunner> {
    const stacks = new Map<Side, Aws>();
    for (const side of asked.sides) {
      const own = side.stage === null ? aws : await connect({ ...context, stage: side.stage });
      await expectArchitecture(own, side);
      stacks.set(side, own);
    }
    return new SidesRunner(context, asked, stacks);
  }

  /**
   * A run of each side that does not count, so that its functions are there; a fleet always boots anew. Where one has a
   * memory of its own all is done twice: the version that is then published ends the environments of the function itself.
   */
  async warmUp(): Promise<void> {
    const { sides, state, request } = this.#asked;
    if (state !== 'warm') return;
    const byLabel = new Map(sides.map((side) => [side.label, side]));
    const serverless = [...byLabel.values()].filter(({ arm }) => arm === 'serverless');
    const publishes = [...sides.map(({ settings }) => settings), request].some((given) => 'memory' in given);
    for (const side of publishes ? [...serverless, ...serverless] : serverless) {
      this.#context.io.note(`to warm up: ${side.label}`);
      await this.#run({ side, other: side }, async () => undefined);
    }
  }

  async measure(turn: Turn): Promise<MeasuredTurn> {
    const sides = this.#asked.sideOf(turn.point);
    const { side } = sides;
    const { sfn, s3, stack, lambda } = this.#awsOf(side);
    if (this.#asked.state === 'fresh' && side.arm === 'serverless') {
      this.#renewed += 1;
      const mark = `${this.#asked.id}-${this.#renewed}`;
      await freshEnvironments(lambda, this.#functionOf(side, sides.other, stack), mark);
    }
    const measured = await this.#run(sides, async (summary) => {
      const { runId, environment } = summary;
      const processing = await readProcessing(new ObjectStore(s3, stack.runsBucket), runId, side.arm);
      const besides = runsBeside(runId, await listRuns(sfn, stack, RUNS_LOOKED_AT));
      return { measurement: measurementOf(turn, summary, processing, besides), environment };
    });
    return 'measurement' in measured
      ? measured
      : { measurement: { ...turn, ...measured }, environment: null };
  }

  /** Leaves the functions as they were deployed. */
  async end(): Promise<void> {
    if (this.#renewed === 0) return;
    const functions = new Map(
      [...this.#stacks].map(([side, { lambda, stack }]) => [this.#functionOf(side, side, stack), lambda]),
    );
    for (const [name, lambda] of functions) await freshEnvironments(lambda, name, null);
  }

  #run<M>({ side, other }: ReturnType<AskedRuns['sideOf']>, measure: Parameters<typeof measuredRun<M>>[3]) {
    const input = requestOfSide(this.#asked.request, side, other);
    return measuredRun(this.#context, this.#awsOf(side), input, measure);
  }

  /** The name of the function that measures in the runs of a side. */
  #functionOf(side: Side, other: Side, stack: Stack): string {
    const { workload = DEFAULT_WORKLOAD } = requestOfSide(this.#asked.request, side, other);
    return runsModel(workload.name) ? stack.measureModelFunction : stack.measureFunction;
  }

  #awsOf(side: Side): Aws {
    const aws = this.#stacks.get(side);
    if (aws === undefined) throw new Error(`Expected a stack for ${side.label} but there is none.`);
    return aws;
  }
}

/** A run cannot choose what its functions were deployed for. */
async function expectArchitecture({ lambda, stack }: Aws, { architecture, label }: Side): Promise<void> {
  if (architecture === null) return;
  const { Architectures = ['x86_64'] } = await lambda.send(
    new GetFunctionConfigurationCommand({ FunctionName: stack.measureFunction }),
  );
  if (Architectures.includes(architecture)) return;
  const own = `${stack.stage}-${architecture === 'arm64' ? 'arm' : 'x86'}`;
  throw new FanfleetError(
    'ARCHITECTURE_NOT_DEPLOYED',
    `Expected the functions of the stage ${stack.stage} for ${architecture} but they were deployed for ${Architectures.join(', ')}. A run cannot switch that: deploy a second stage with the same images, \`sls deploy --stage ${own} --param="architecture=${architecture}" --param="dataBucket=${stack.dataBucket}"\`, and name it: \`${label},stage=${own}\`.`,
    { source: 'user' },
  );
}
