import { hostname, userInfo } from 'node:os';
import { type Command, Option } from 'commander';
import type { Act } from '../act.ts';
import { HISTORY_FORMATS } from '../output-formats.ts';

/** What looks at nights, which the stack runs on a schedule. */
export function addHistory(program: Command, act: Act): void {
  const by = () =>
    new Option('--by <who>', 'who says so').default(`${userInfo().username}@${hostname()}`, 'you');
  /** `--name` is the option of `history`, wherever it stands. */
  const nameOf = (command: Command) => command.optsWithGlobals<{ name: string }>().name;
  const history = program
    .command('history')
    .description('the nights on the record, their trend, and whether there is a regression')
    .option('--name <history>', 'which history', 'nightly')
    .addOption(new Option('--format <name>', 'of the output').choices(HISTORY_FORMATS).default('text'))
    .action((options) =>
      act(async (context) => (await import('../commands/history.ts')).historyCommand(context, options)),
    );
  history
    .command('reset')
    .description('accept the present level as the baseline, on the record')
    .requiredOption('--why <reason>', 'kept for those who come after')
    .addOption(by())
    .action((options, command) =>
      act(async (context) =>
        (await import('../commands/history.ts')).resetHistoryCommand(context, {
          ...options,
          name: nameOf(command),
        }),
      ),
    );
  history
    .command('add')
    .description('put a run that was started by hand on the record')
    .argument('<run>')
    .addOption(by())
    .action((run, { by }, command) =>
      act(async (context) =>
        (await import('../commands/history.ts')).addToHistoryCommand(context, run, {
          by,
          name: nameOf(command),
        }),
      ),
    );
}
