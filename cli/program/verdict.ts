import { Command, Option } from 'commander';
import type { Act } from '../act.ts';
import { addAdviceOptions, adviceRequestOf } from '../advice-options.ts';
import { addModelOptions, modelRequestOf } from '../model-options.ts';
import { number } from '../numbers.ts';

/** What answers before anything runs: prices, the model, and the advice by it. */
export function addVerdict(program: Command, act: Act): void {
  const region = () => new Option('--region <name>', 'of AWS (default: AWS_REGION or us-east-1)');
  const prices = program
    .command('prices')
    .description('the prices that bills are made with, and how old they are')
    .addOption(region())
    .action((options) =>
      act(async (context) => (await import('../commands/prices.ts')).pricesCommand(context, options)),
    );
  prices
    .command('refresh')
    .description("read today's from AWS's price list and Spot market; needs credentials of an account")
    .addOption(region())
    .option('--types <type...>', 'instance types that must be among them')
    .option('--out <folder>', 'where the dated file is written (default: prices/ in FANFLEET_HOME)')
    .option('--publish', 'bill the runs of the stage with them from now on', false)
    .action((_options, command: Command) =>
      act(async (context) =>
        (await import('../commands/prices.ts')).refreshPricesCommand(context, command.optsWithGlobals()),
      ),
    );
  addModelOptions(
    program
      .command('estimate')
      .description('time and cost of a job on both arms before it runs, and what limits them: by formulas'),
  ).action((flags) =>
    act(async (context) =>
      (await import('../commands/estimate.ts')).estimateCommand(context, modelRequestOf(flags)),
    ),
  );
  addModelOptions(
    program.command('simulate').description('the same by discrete events, with luck and bad luck'),
  )
    .option('--runs <n>', 'how often, for the distribution', number, 20)
    .option('--seed <n>', 'the same one gives the same answer', number, 1)
    .action(({ runs, seed, ...flags }) =>
      act(async (context) =>
        (await import('../commands/simulate.ts')).simulateCommand(context, {
          runs,
          seed,
          request: modelRequestOf(flags),
        }),
      ),
    );
  // `--in-aws` goes without saying: advice is about an account.
  const options = addModelOptions(new Command()).options.filter(
    (option) => option.attributeName() !== 'inAws',
  );
  const command = addAdviceOptions(
    program
      .command('advise')
      .description('which arm, with which settings, and what would change that; what is named is kept'),
  );
  for (const option of options) command.addOption(option);
  command.action(({ strategy, weight, deadline, budget, ...flags }) =>
    act(async (context) =>
      (await import('../commands/advise.ts')).adviseCommand(
        context,
        modelRequestOf({ ...flags, inAws: true }),
        adviceRequestOf({ strategy, weight, deadline, budget }),
      ),
    ),
  );
}
