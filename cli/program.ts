import { Command } from 'commander';
import packageJson from '../package.json' with { type: 'json' };
import type { Act } from './act.ts';
import { addAblation } from './program/ablation.ts';
import { addDataset } from './program/dataset.ts';
import { addFleets } from './program/fleets.ts';
import { addHistory } from './program/history.ts';
import { addLocal } from './program/local.ts';
import { addMeasuring } from './program/measuring.ts';
import { addModels } from './program/models.ts';
import { addOffline } from './program/offline.ts';
import { addRuns } from './program/runs.ts';
import { addVerdict } from './program/verdict.ts';
import { LOCAL } from './stage.ts';

/**
 * The command line, with each command's work handed to `act`. The module of a command is loaded when it is used: all of
 * them, with the clients of AWS, would take half a second of every one.
 */
export function createProgram(act: Act): Command {
  const program = new Command('fanfleet')
    .description(
      'One workload over images on a serverless fan-out and on an EC2 fleet: same answer, measured, and which to use.',
    )
    .version(packageJson.version)
    .option('--json', 'print one JSON object on stdout')
    .option('--stage <name>', 'of the stack; `local` is the offline AWS', LOCAL)
    .showHelpAfterError('(--help shows what there is)');
  for (const add of [
    addOffline,
    addDataset,
    addRuns,
    addFleets,
    addMeasuring,
    addVerdict,
    addHistory,
    addModels,
    addAblation,
    addLocal,
  ]) {
    add(program, act);
  }
  return program;
}
