import { type Command, InvalidArgumentError, Option } from 'commander';
import { PIPELINES } from '../../src/ablation/case.ts';
import { MODEL_NAMES } from '../../src/models/named/named-models.ts';
import type { Act } from '../act.ts';
import { number } from '../numbers.ts';

/** Pipelines that classify images, written on an engine itself, with mistakes and with optimizations. */
export function addAblation(program: Command, act: Act): void {
  const ablate = program
    .command('ablate')
    .description(
      'what each mistake and each optimization of a pipeline on an engine itself costs or saves, alone and all together',
    )
    .argument('[folder]', 'of the images')
    .option('--list', 'print all of them, with what each was expected to do')
    .option('--switch <names>', 'measure these alone, and nothing together', list)
    .addOption(
      new Option('--together', 'measure all mistakes and all optimizations, and none alone').conflicts(
        'switch',
      ),
    )
    .option('--rounds <n>', 'in which all are measured in turn', number, 3)
    .option('--seed <n>', 'of the order in a round', number, 1)
    .option('--sample <n>', 'images, evenly out of all', number, 160)
    .option('--out <file>', 'write the tables as Markdown there too, behind each round');
  addPipelineOptions(ablate).action((folder, options) =>
    act(async (context) => (await import('../commands/ablate.ts')).ablateCommand(context, folder, options)),
  );
  const classify = program
    .command('classify')
    .description('what a model says of the images in a folder, by a pipeline on an engine itself')
    .argument('<folder>')
    .addOption(
      new Option('--pipeline <name>', 'all mistakes, neither, or all optimizations')
        .choices(PIPELINES)
        .default('plain'),
    )
    .option('--mistake <names>', 'that are on in it (fanfleet ablate --list)', list, [])
    .option('--optimization <names>', 'that are on in it', list, [])
    .option('--without <names>', 'that are off in it', list, [])
    .option('--sample <n>', 'images, evenly out of all (default: all)', number);
  addPipelineOptions(classify).action((folder, options) =>
    act(async (context) =>
      (await import('../commands/classify.ts')).classifyCommand(context, folder, options),
    ),
  );
}

function addPipelineOptions(command: Command): Command {
  return command
    .option('--engine <name>', 'that the pipeline is written on (fanfleet ablate --list)', 'ray')
    .option('--model <name>', `${MODEL_NAMES.join(', ')}, or an .onnx of this machine`, 'orientation')
    .option('--description <file>', 'how its tensors are made (default: beside it, with the suffix .json)')
    .option('--labels <file>', 'of its classes (default: beside it, .labels.txt or .labels.json)')
    .option('--workers <n>', 'of the engine, on this machine', number, 2);
}

function list(value: string): string[] {
  const names = value.split(',').map((name) => name.trim());
  if (names.includes('')) throw new InvalidArgumentError('Expected names with a comma between them.');
  return names;
}
