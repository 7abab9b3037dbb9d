import { Argument, type Command } from 'commander';
import { MODEL_NAMES } from '../../src/models/named/named-models.ts';
import type { Act } from '../act.ts';

/** ONNX models that classify images. */
export function addModels(program: Command, act: Act): void {
  const model = program.command('model').description('ONNX models that classify images');
  model
    .command('check')
    .description('whether a model can be used, what it takes, and what it gives')
    .argument('<file>', 'the .onnx')
    .option('--description <file>', 'how its tensors are made (default: beside it, with the suffix .json)')
    .option('--labels <file>', 'of its classes (default: beside it, .labels.txt or .labels.json)')
    .action((model, options) =>
      act(async () => (await import('../commands/model.ts')).checkModelCommand({ model, ...options })),
    );
  model
    .command('layers')
    .description('the values in a model that can be embeddings of images')
    .argument('<file>', 'the .onnx')
    .action((path) => act(async () => (await import('../commands/model-layers.ts')).listLayersCommand(path)));
  model
    .command('cut')
    .description('write a model that gives such a value, without what comes behind it')
    .argument('<file>', 'the .onnx')
    .requiredOption('--layer <name>', 'of the value')
    .requiredOption('--to <file>', 'the .onnx that is written')
    .action((path, { layer, to }) =>
      act(async () => (await import('../commands/model-layers.ts')).cutModelCommand(path, layer, to)),
    );
  model
    .command('export')
    .description('write the network that a run of cnn trained as a model for classify')
    .argument('[run]')
    .requiredOption('--to <file>', 'the .onnx that is written; its description and labels beside it')
    .action((run, { to }) =>
      act(async (context) =>
        (await import('../commands/model-export.ts')).exportModelCommand(context, run, to),
      ),
    );
  model
    .command('resnet50')
    .description('write a ResNet-50 with the weights of torchvision or timm that you have')
    .requiredOption('--weights <file>', 'a state dict (.pth), or .safetensors')
    .requiredOption('--to <file>', 'the .onnx that is written')
    .action(({ weights, to }) =>
      act(async () => (await import('../commands/model-resnet50.ts')).resnet50Command(weights, to)),
    );
  model
    .command('list')
    .description('models that can be had by a name, with their licences')
    .action(() => act(async (context) => (await import('../commands/model.ts')).listModelsCommand(context)));
  model
    .command('upload')
    .description('have a model where runs find it; runs do so themselves')
    .argument('<model>', 'a name, or an .onnx of this machine')
    .option('--description <file>', 'how its tensors are made (default: beside it, with the suffix .json)')
    .option('--labels <file>', 'of its classes (default: beside it, .labels.txt or .labels.json)')
    .action((model, options) =>
      act(async (context) =>
        (await import('../commands/model.ts')).uploadModelCommand(context, { model, ...options }),
      ),
    );
  model
    .command('fetch')
    .description('have such a model on this machine')
    .addArgument(new Argument('<name>', 'of the model').choices(MODEL_NAMES))
    .action((name) =>
      act(async (context) => (await import('../commands/model.ts')).fetchModelCommand(context, name)),
    );
}
