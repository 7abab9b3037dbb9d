import { CommanderError } from 'commander';
import { describe, expect, it } from 'vitest';
import { createProgram } from '../../../cli/program.ts';

/** The global options and the command that a line was taken as. */
async function taken(...args: string[]) {
  let acted = 0;
  const program = createProgram(async () => {
    acted += 1;
  });
  program.exitOverride().configureOutput({ writeErr: () => {}, writeOut: () => {} });
  for (const command of [...program.commands, ...program.commands.flatMap(({ commands }) => commands)]) {
    command.exitOverride().configureOutput({ writeErr: () => {}, writeOut: () => {} });
  }
  await program.parseAsync(args, { from: 'user' });
  return { acted, ...program.opts() };
}

const COMMANDS = [
  [['up']],
  [['deploy']],
  [['deploy', '--param', 'nightly=rate(1 day)', 'nightlyRepeats=3']],
  [['down']],
  [['clean']],
  [['doctor']],
  [['dataset', 'sample']],
  [['dataset', 'upload', 'folder', '--prefix', 'x/']],
  [['dataset', 'pack', 'x/', '--to', 'y/', '--shard-size', '1GiB']],
  [['dataset', 'constants']],
  [['dataset', 'constants', 'a-run', '--percentiles', '0.1,50,99.9']],
  [['dataset', 'outliers', 'a-run']],
  [['run', 'x/']],
  [['run', '--resume', 'a-run']],
  [['sweep', 'x/', '--engine', 'daft', '--workers', '1,2', '--workload', 'statistics,normalise']],
  [['sweep', '--continue', 'sweep.json', '--out', 'sweep.md']],
  [['tune', 'x/', '--memory', '512,1024', '--batch-size', '50', '--strategy', 'speed', '--write']],
  [['tune', '--continue', 'tune.json', '--write', 'stack.yml']],
  [['advise', '--items', '50e6', '--strategy', 'cost', '--deadline', '10m', '--budget', '5']],
  [['start']],
  [['estimate', '--items', '50e6', '--bytes', '110e3']],
  [['simulate', '--from', 'a-run', '--runs', '3', '--seed', '2']],
  [['engines']],
  [['workers']],
  [['workers', 'a-run', '--once']],
  [['status']],
  [['history', '--name', 'photos', '--format', 'svg']],
  [['history', 'reset', '--why', 'new images', '--name', 'photos']],
  [['history', 'add', 'a-run', '--by', 'ada']],
  [['report']],
  [['stats', 'a.jpg']],
  [['model', 'list']],
  [['model', 'export', 'a-run', '--to', 'net.onnx']],
  [['model', 'fetch', 'orientation']],
  [['model', 'check', 'm.onnx', '--description', 'd.json', '--labels', 'l.txt']],
];

describe('createProgram', () => {
  it.each(COMMANDS)('takes --json and --stage before and behind %j', async (command) => {
    const said = { acted: 1, json: true, stage: 'prod' };
    expect(await taken('--json', '--stage', 'prod', ...command)).toEqual(said);
    expect(await taken(...command, '--json', '--stage', 'prod')).toEqual(said);
  });

  it('means the offline AWS unless a stage is named', async () => {
    expect(await taken('status')).toEqual({ acted: 1, stage: 'local' });
  });

  it.each([
    ['an unknown command', ['launch'], "unknown command 'launch'"],
    ['an unknown option', ['status', '--all'], "unknown option '--all'"],
    ['an argument too many', ['down', 'now'], 'too many arguments'],
    ['no path', ['stats'], "missing required argument 'path'"],
    ['no prefix', ['dataset', 'upload', 'folder'], "required option '--prefix <prefix>' not specified"],
    ['no place for shards', ['dataset', 'pack', 'x/'], "required option '--to <prefix>' not specified"],
    [
      'a size of shards that is no size',
      ['dataset', 'pack', 'x/', '--to', 'y/', '--shard-size', '64M'],
      "option '--shard-size <size>' argument '64M' is invalid",
    ],
    [
      'a sweep that is continued with other settings',
      ['sweep', '--continue', 'sweep.json', '--workers', '2'],
      "option '--continue <file>' cannot be used with option '--workers <counts>'",
    ],
    [
      'a worker count that is no number',
      ['sweep', 'x/', '--workers', '1,two'],
      "option '--workers <counts>' argument '1,two' is invalid",
    ],
    [
      'a percentile that is none',
      ['dataset', 'constants', '--percentiles', '50,101'],
      "option '--percentiles <list>' argument '50,101' is invalid",
    ],
    ['an unknown sample', ['dataset', 'sample', '--kind', 'cats'], 'Allowed choices are photos, digits'],
    [
      'an unknown operation',
      ['stats', 'a', '--operation', 'x'],
      'Allowed choices are mean, max, min, minmax, stats',
    ],
    ['a port that is no number', ['up', '--port', 'http'], "option '--port <n>' argument 'http' is invalid"],
  ])('refuses %s', async (_, args, problem) => {
    const failure = taken(...args);
    await expect(failure).rejects.toBeInstanceOf(CommanderError);
    await expect(failure).rejects.toThrow(problem);
  });
});
