import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import {
  CreateFunctionCommand,
  GetFunctionConfigurationCommand,
  LambdaClient,
  ListVersionsByFunctionCommand,
} from '@aws-sdk/client-lambda';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freshEnvironments } from '../../src/aws/fresh-environments.ts';
import { publishWithMemory } from '../../src/aws/publish-with-memory.ts';
import { type Emulator, startEmulator } from '../support/emulator.ts';

const PYTHON = fileURLToPath(new URL('../../.venv/bin/python', import.meta.url));
const NAME = 'measure';
let emulator: Emulator;
let lambda: LambdaClient;

beforeAll(async () => {
  emulator = await startEmulator();
  lambda = new LambdaClient(emulator.client);
  const zip =
    'import sys,zipfile;zipfile.ZipFile(sys.stdout.buffer,"w").writestr("index.mjs","export const main=()=>1")';
  await lambda.send(
    new CreateFunctionCommand({
      FunctionName: NAME,
      Runtime: 'nodejs24.x',
      Handler: 'index.main',
      Role: 'arn:aws:iam::000000000000:role/any',
      MemorySize: 1769,
      Code: { ZipFile: execFileSync(PYTHON, ['-c', zip]) },
    }),
  );
});
afterAll(async () => {
  lambda?.destroy();
  await emulator?.stop();
});

const memoryOf = async (FunctionName: string) =>
  (await lambda.send(new GetFunctionConfigurationCommand({ FunctionName }))).MemorySize;

describe('publishWithMemory', () => {
  it('publishes a version with the memory, and leaves the deployed one as it was', async () => {
    const small = await publishWithMemory(lambda, { functionName: NAME, memory: 512, deployed: 1769 });
    const large = await publishWithMemory(lambda, { functionName: NAME, memory: 3008, deployed: 1769 });
    expect(small).toMatch(/:function:measure:\d+$/);
    expect([await memoryOf(small), await memoryOf(large), await memoryOf(NAME)]).toEqual([512, 3008, 1769]);
  });

  it('takes a version again while it is like the function, so that it can be warm', async () => {
    const options = { functionName: NAME, memory: 768, deployed: 1769 };
    const first = await publishWithMemory(lambda, options);
    await publishWithMemory(lambda, { ...options, memory: 896 });
    expect(await publishWithMemory(lambda, options)).toBe(first);

    await freshEnvironments(lambda, NAME, 'run-1');
    const fresh = await publishWithMemory(lambda, options);
    expect(fresh).not.toBe(first);
    await freshEnvironments(lambda, NAME, null);
    expect(await publishWithMemory(lambda, options)).toBe(first);
  });

  it('gives the function its memory back where publishing fails', async () => {
    // Prepare
    const refusing = new LambdaClient({ ...emulator.client, maxAttempts: 1 });
    refusing.middlewareStack.add(
      (next, context) => async (args) => {
        if (context.commandName === 'PublishVersionCommand') throw new Error('Another run was faster');
        return next(args);
      },
      { step: 'initialize' },
    );
    const versions = async () =>
      (await lambda.send(new ListVersionsByFunctionCommand({ FunctionName: NAME }))).Versions?.length;
    const before = await versions();

    // Act
    const failure = publishWithMemory(refusing, { functionName: NAME, memory: 640, deployed: 1769 });

    // Assess
    await expect(failure).rejects.toThrow('Another run was faster');
    expect([await memoryOf(NAME), await versions()]).toEqual([1769, before]);
    refusing.destroy();
  });
});
