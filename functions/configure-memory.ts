import { LambdaClient } from '@aws-sdk/client-lambda';
import * as z from 'zod';
import { publishWithMemory } from '../src/aws/publish-with-memory.ts';
import { parse } from '../src/parse.ts';
import { runSchema } from '../src/run/run.ts';
import { environment, handler, logger, region } from './runtime.ts';

const eventSchema = z.object({ run: runSchema });
const lambda = new LambdaClient({ region });

/** Publish the function that measures with the memory that the run asks for; other runs keep theirs. */
export const main = handler('configure-memory', async (event: unknown) => {
  const { run } = parse(eventSchema, event, 'The event of configure-memory');
  const functionName = await publishWithMemory(lambda, {
    functionName: run.measure.functionName,
    memory: run.memory,
    deployed: environment.FANFLEET_MEMORY,
  });
  logger.info('memory configured', { runId: run.runId, memory: run.memory, functionName });
  return { functionName };
});
