/**
 * Strikes fleets with every fault there is, and shows what it costs.
 *
 * npm run faults                                         all of them, with every engine
 * npm run faults -- --engine dask,ray --fault s3-resets  some
 * npm run faults -- --markdown FILE                      the table in a file too
 * npm run faults -- --deadline 600                       seconds that a fleet may take, on a slow machine
 *
 * It deploys a stack of its own and ends it, unless --home names one that is up. Hosts have to be network namespaces: Linux,
 * as root. Ends with 1 if a fault was not survived.
 */
import { writeFile } from 'node:fs/promises';
import { argv, stdout } from 'node:process';
import { parseArgs } from 'node:util';
import { namespaceSupport } from '../localstack/ec2/hosts/namespaces/namespace-support.ts';
import { type Engine, engineSchema } from '../src/contract/engines.ts';
import { FanfleetError } from '../src/errors.ts';
import { problemsOf } from './faults/assess.ts';
import { type CellOptions, runCell } from './faults/cell.ts';
import type { Fault } from './faults/fault.ts';
import { FAULTS, UNDISTURBED } from './faults/faults.ts';
import { preparePhotographs, undisturbedRows, WORK } from './faults/photographs.ts';
import { type Cell, cellText, type Matrix, renderMatrix, titleOf } from './faults/table.ts';
import { onOwnStack } from './own-stack/deploy.ts';
import { connectStack } from './own-stack/stack.ts';

const { values } = parseArgs({
  args: argv.slice(2),
  options: {
    engine: { type: 'string' },
    fault: { type: 'string' },
    markdown: { type: 'string' },
    home: { type: 'string' },
    deadline: { type: 'string', default: '240' },
  },
});
const support = await namespaceSupport();
if (!support.supported) throw new Error(`Expected hosts to be network namespaces but ${support.reason}`);
const engines = chosen('engine', values.engine, engineSchema.options, (engine) => engine);
const faults = chosen('fault', values.fault, FAULTS, ({ name }) => name);
const matrix =
  values.home === undefined
    ? await onOwnStack('faults', ['photos'], strikeAll)
    : await strikeAll(values.home);
const table = renderMatrix(matrix);
say(table);
if (values.markdown !== undefined) await writeFile(values.markdown, table);
process.exitCode = matrix.cells.every(({ problems }) => problems.length === 0) ? 0 : 1;

async function strikeAll(home: string): Promise<Matrix> {
  const stack = await connectStack(home);
  await preparePhotographs(stack, WORK);
  const rows = await undisturbedRows(stack, WORK);
  const options = { stack, request: WORK.request, fleetDeadline: Number(values.deadline) };
  const cells: Cell[] = [];
  const undisturbed = new Map<Engine, number | null>();
  const strike = async (engine: Engine, fault: Fault, alone: number | null): Promise<Cell> => {
    const cell = { ...(await struck({ ...options, engine, fault }, rows)), undisturbed: alone };
    say(`${engine}, ${titleOf(fault)}: ${cellText(cell)}`);
    return cell;
  };
  for (const engine of engines) {
    const alone = secondsOf(await strike(engine, UNDISTURBED, null));
    undisturbed.set(engine, alone);
    for (const fault of faults) {
      const { cpus } = fault;
      const same =
        cpus === undefined ? alone : secondsOf(await strike(engine, { ...UNDISTURBED, cpus }, null));
      cells.push(await strike(engine, fault, same));
    }
  }
  return { cells, undisturbed };
}

function secondsOf({ outcome, problems }: Cell): number | null {
  return problems.length === 0 ? (outcome?.seconds ?? null) : null;
}

/** A cell that fails is shown as failed, and the others go on. */
async function struck(options: CellOptions, rows: string): Promise<Omit<Cell, 'undisturbed'>> {
  const { engine, fault } = options;
  try {
    const outcome = await runCell(options);
    return { engine, fault, outcome, problems: problemsOf(outcome, fault, rows) };
  } catch (reason) {
    return { engine, fault, outcome: null, problems: [FanfleetError.from(reason).message] };
  }
}

function chosen<T>(
  option: string,
  names: string | undefined,
  all: readonly T[],
  nameOf: (one: T) => string,
): readonly T[] {
  if (names === undefined) return all;
  const wanted = names.split(',');
  const unknown = wanted.filter((name) => !all.some((one) => nameOf(one) === name));
  if (unknown.length === 0) return all.filter((one) => wanted.includes(nameOf(one)));
  throw new FanfleetError(
    'INVALID_INPUT',
    `Expected for --${option} some of ${all.map(nameOf).join(', ')} but received ${unknown.join(', ')}.`,
    { source: 'user' },
  );
}

function say(text: string): void {
  stdout.write(`${text}\n`);
}
