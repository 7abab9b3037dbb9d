import type { Command } from 'commander';
import { DEFAULT_ENGINE, ENGINE_NAMES } from '../../src/contract/engines.ts';
import { MARKETS } from '../../src/contract/market.ts';
import type { Act } from '../act.ts';
import { number } from '../numbers.ts';
import { timeSpan } from '../time-span.ts';

/** Fleets that are kept for several runs. */
export function addFleets(program: Command, act: Act): void {
  const fleet = program.command('fleet').description('fleets that are kept for several runs');
  fleet
    .command('start')
    .description('boot a fleet that stays: `run --fleet NAME` uses it without a boot')
    .argument('<name>', 'small letters, digits and hyphens')
    .option('--engine <name>', `${ENGINE_NAMES.join(' | ')} (default: ${DEFAULT_ENGINE})`)
    .option('--workers <n>', 'beside the head (default: 2)', number)
    .option('--instance-type <type>', 'of head and workers (default: t3.medium)')
    .option('--instance-types <types>', 'several, the preferred first', (value) => value.split(','))
    .option('--market <name>', `of the workers: ${MARKETS.join(' | ')} (default: on-demand)`)
    .option('--swap <gib>', 'on each instance (default: 0)', number)
    .option(
      '--models',
      'with what runs models, for runs of classify, cnn and embed (default: offline, where it is installed)',
    )
    .option(
      '--idle <time>',
      'without a job, after which it ends itself, e.g. 90s, 20m (default: 20m)',
      timeSpan,
    )
    .option('--deadline <time>', 'after which it ends, whatever it does (default: 4h)', timeSpan)
    .option('--detach', 'do not wait until it is ready', false)
    .action((name, { detach, ...input }) =>
      act(async (context) =>
        (await import('../commands/fleet.ts')).fleetStartCommand(context, name, { input, detach }),
      ),
    );
  fleet
    .command('list')
    .description('the fleets that are kept, and what they do')
    .option('--all', 'those that have ended, too', false)
    .action((options) =>
      act(async (context) => (await import('../commands/fleet.ts')).fleetListCommand(context, options)),
    );
  fleet
    .command('stop')
    .description('end a kept fleet when its jobs are done')
    .argument('<name>')
    .option('--now', 'leave its jobs undone: their runs fail, and can be resumed', false)
    .action((name, options) =>
      act(async (context) => (await import('../commands/fleet.ts')).fleetStopCommand(context, name, options)),
    );
}
