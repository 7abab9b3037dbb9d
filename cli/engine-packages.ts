import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { DEFAULT_ENGINE, type Engine } from '../src/contract/engines.ts';
import { FanfleetError } from '../src/errors.ts';
import type { Context } from './context.ts';
import { redeployStack } from './offline.ts';
import { LOCAL } from './stage.ts';

type Place = Pick<Context, 'root' | 'stage' | 'io' | 'signal'>;

/**
 * Have what hosts of the offline AWS need for an engine: `npm start` leaves out what it does not use itself. Elsewhere hosts
 * install their own.
 *
 * @param engine the default one where it is not given
 * @throws FanfleetError `NOT_INSTALLED`
 */
export async function installEngine(place: Place, engine: Engine = DEFAULT_ENGINE): Promise<void> {
  if (place.stage !== LOCAL || (await isInstalled(place, engine))) return;
  await install(place, engine, `what ${engine} needs`);
}

/**
 * Have what runs models in functions and on hosts of the offline AWS, which `npm start` leaves out: ONNX Runtime for Node and for
 * Python. The stack is deployed again with it.
 *
 * @throws FanfleetError `NOT_INSTALLED`, and what deploying throws
 */
export async function installModels(context: Place & Pick<Context, 'home'>): Promise<void> {
  const { stage, io } = context;
  if (stage !== LOCAL || (await hasModels(context))) return;
  await install(context, MODELS, 'ONNX Runtime');
  io.note('deploying the stack with what runs models …');
  await redeployStack(context);
}

/**
 * Have what a pipeline that is written on an engine itself needs on this machine, whatever the stage: the engine, ONNX Runtime, and the Arrow and
 * pandas that come with Ray.
 *
 * @throws FanfleetError `NOT_INSTALLED`
 */
export async function installPipeline(place: Place, engine: string): Promise<void> {
  for (const group of new Set(['ray', MODELS, engine])) {
    if (!(await isInstalled(place, group))) await install(place, group, `what ${group} needs`);
  }
}

/** Whether what runs models is installed here, for Node and for Python. */
export async function hasModels(place: Pick<Place, 'root'>): Promise<boolean> {
  return existsSync(join(place.root, 'node_modules/onnxruntime-node')) && isInstalled(place, MODELS);
}

/** The name of the group of pyproject.toml, and of what set-up installs with it. */
const MODELS = 'models';

/** Whether set-up has installed a group of Python packages. */
async function isInstalled({ root }: Pick<Place, 'root'>, group: string): Promise<boolean> {
  // As scripts/setup/python-packages.mjs left it: there is none where all are installed.
  const installed = await readFile(join(root, '.venv/.fanfleet-engines'), 'utf8').catch(() => group);
  return installed.split(' ').includes(group);
}

async function install({ root, io, signal }: Place, group: string, what: string): Promise<void> {
  const child = spawn(process.execPath, [join(root, 'scripts/install-engine.mjs'), group], {
    signal,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const said = createInterface(child.stderr).on('line', io.note);
  const status = await new Promise<number | null>((resolve, reject) => {
    child.on('error', (error) => reject(signal.aborted ? signal.reason : error));
    child.on('close', resolve);
  });
  said.close();
  if (status === 0) return;
  throw new FanfleetError(
    'NOT_INSTALLED',
    `Expected ${what} but it could not be installed; what was said above tells why.`,
    { source: 'user' },
  );
}
