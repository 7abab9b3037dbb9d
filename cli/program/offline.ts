import type { Command } from 'commander';
import type { Act } from '../act.ts';
import { number } from '../numbers.ts';

/** The offline AWS, and what is kept on this machine. */
export function addOffline(program: Command, act: Act): void {
  program
    .command('up')
    .description('start the offline AWS')
    .option('--port <n>', 'of AWS (default: FANFLEET_PORT or 4566)', number)
    .option('--ec2-port <n>', 'of EC2 (default: FANFLEET_EC2_PORT or 4577)', number)
    .action((options) =>
      act(async (context) => (await import('../commands/up.ts')).upCommand(context, options)),
    );
  program
    .command('deploy')
    .description('deploy the stack to the offline AWS (in an account: sls deploy)')
    .option('--param <name=value...>', 'parameters of the stack (docs/operations.md)')
    .action(({ param }) =>
      act(async (context) => (await import('../commands/up.ts')).deployCommand(context, param)),
    );
  program
    .command('down')
    .description('end the offline AWS and all it started')
    .action(() => act(async (context) => (await import('../commands/up.ts')).downCommand(context)));
  program
    .command('clean')
    .description('remove sample sets, reports and logs')
    .action(() => act(async (context) => (await import('../commands/clean.ts')).cleanCommand(context)));
  program
    .command('doctor')
    .description('say what this machine lacks; with --stage what the account has for it')
    .action(() => act(async (context) => (await import('../commands/doctor.ts')).doctorCommand(context)));
}
