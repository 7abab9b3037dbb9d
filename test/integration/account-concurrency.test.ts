import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import {
  CreateFunctionCommand,
  InvokeCommand,
  LambdaClient,
  PutFunctionConcurrencyCommand,
} from '@aws-sdk/client-lambda';
import {
  CreateStateMachineCommand,
  DescribeExecutionCommand,
  SFNClient,
  StartExecutionCommand,
} from '@aws-sdk/client-sfn';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readAccountConcurrency } from '../../src/aws/account-concurrency.ts';
import { type Emulator, startEmulator } from '../support/emulator.ts';
import { allStates, type Retrier, readDefinition } from '../unit/statemachine/definition.ts';

const PYTHON = fileURLToPath(new URL('../../.venv/bin/python', import.meta.url));
const CODE = 'import time\ndef main(event, context):\n    time.sleep(0.1)\n    return event\n';
const ROLE = 'arn:aws:iam::000000000000:role/any';
const FUNCTION = 'slow';
const AT_ONCE = 3;

let emulator: Emulator;
let lambda: LambdaClient;
let sfn: SFNClient;
beforeAll(async () => {
  emulator = await startEmulator({ LAMBDA_ACCOUNT_CONCURRENCY: String(AT_ONCE) });
  lambda = new LambdaClient({ ...emulator.client, maxAttempts: 1 });
  sfn = new SFNClient(emulator.client);
  const zip = `import sys,zipfile;zipfile.ZipFile(sys.stdout.buffer,"w").writestr("index.py",${JSON.stringify(CODE)})`;
  await lambda.send(
    new CreateFunctionCommand({
      ...{ FunctionName: FUNCTION, Handler: 'index.main', Role: ROLE, Runtime: 'python3.12' },
      Code: { ZipFile: execFileSync(PYTHON, ['-c', zip]) },
    }),
  );
});
afterAll(async () => {
  lambda?.destroy();
  sfn?.destroy();
  await emulator?.stop();
});

describe('an account that runs 3 functions at once', () => {
  it('says so, and what a function has for itself', async () => {
    const found = { account: AT_ONCE, unreserved: AT_ONCE, reserved: null };
    expect(await readAccountConcurrency(lambda, FUNCTION)).toEqual(found);
    expect(await readAccountConcurrency(lambda, null)).toEqual(found);
    await lambda.send(
      new CreateFunctionCommand({
        ...{ FunctionName: 'own', Handler: 'index.main', Role: ROLE, Runtime: 'python3.12' },
        Code: { ZipFile: Buffer.from('UEsFBgAAAAAAAAAAAAAAAAAAAAAAAA==', 'base64') },
      }),
    );
    const reserve = { FunctionName: 'own', ReservedConcurrentExecutions: 2 };
    await lambda.send(new PutFunctionConcurrencyCommand(reserve));
    expect(await readAccountConcurrency(lambda, 'own')).toEqual({ ...found, unreserved: 1, reserved: 2 });
  });

  it('refuses what is beyond with 429', async () => {
    const call = () => lambda.send(new InvokeCommand({ FunctionName: FUNCTION, Payload: Buffer.from('1') }));
    const calls = await Promise.allSettled(Array.from({ length: 12 }, call));
    const refused = calls.flatMap((each) => (each.status === 'rejected' ? [each.reason] : []));
    expect(refused.length).toBeGreaterThan(0);
    for (const reason of refused) {
      expect(reason).toMatchObject({
        ...{ name: 'TooManyRequestsException', Reason: 'ConcurrentInvocationLimitExceeded' },
        $metadata: { httpStatusCode: 429 },
      });
    }
  });

  it('loses no item of a map of 12 children with the Retry of measure, and some without', async () => {
    // Prepare: a twentieth of its waits: a batch of 2 s is 100 ms here
    const measure = allStates(readDefinition()).find(([name]) => name === 'Measure')?.[1];
    const throttled = measure?.Retry?.[0] ?? expect.fail();
    const quick = { ...throttled, IntervalSeconds: 0.05, MaxDelaySeconds: 0.15 };

    // Act
    const [without, patient] = [await mapOf(60, 12, []), await mapOf(60, 12, [quick])];

    // Assess
    expect(without.error).toBe('States.ExceedToleratedFailureThreshold');
    expect(patient.status).toBe('SUCCEEDED');
    expect(JSON.parse(patient.output ?? '')).toHaveLength(60);
  });
});

it('is not known where the right is missing: then the code of the error is', async () => {
  const server = createServer((_, response) => {
    response.writeHead(403, { 'x-amzn-errortype': 'AccessDeniedException' });
    response.end('{"message":"User is not authorized to perform: lambda:GetAccountSettings"}');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const denied = new LambdaClient({ ...emulator.client, endpoint });
  try {
    expect(await readAccountConcurrency(denied, FUNCTION)).toBe('AccessDeniedException');
  } finally {
    denied.destroy();
    server.closeAllConnections();
    server.close();
  }
});

/** Run a distributed map over the function, with so many items and children at once. */
async function mapOf(items: number, children: number, Retry: readonly Retrier[]) {
  const definition = {
    StartAt: 'Map',
    States: {
      Map: {
        ...{ Type: 'Map', Label: 'Map', ItemsPath: '$', MaxConcurrency: children, End: true },
        ItemProcessor: {
          ProcessorConfig: { Mode: 'DISTRIBUTED', ExecutionType: 'EXPRESS' },
          StartAt: 'Slow',
          States: {
            Slow: {
              ...{ Type: 'Task', Resource: 'arn:aws:states:::lambda:invoke', End: true },
              ...{ Parameters: { FunctionName: FUNCTION, 'Payload.$': '$' }, OutputPath: '$.Payload', Retry },
            },
          },
        },
      },
    },
  };
  const name = `map-with-${Retry.length}`;
  const { stateMachineArn } = await sfn.send(
    new CreateStateMachineCommand({ name, roleArn: ROLE, definition: JSON.stringify(definition) }),
  );
  const input = JSON.stringify(Array.from({ length: items }, (_, n) => n));
  const { executionArn } = await sfn.send(new StartExecutionCommand({ stateMachineArn, input }));
  for (;;) {
    const found = await sfn.send(new DescribeExecutionCommand({ executionArn }));
    if (found.status !== 'RUNNING') return found;
    await wait(50);
  }
}
