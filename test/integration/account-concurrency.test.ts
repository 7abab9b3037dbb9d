import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import {
  CreateFunctionCommand,
  DeleteFunctionConcurrencyCommand,
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
/** What is to meet others takes so long that it does on any machine. */
const LONG = 'long';
const CODE = `import time\ndef main(event, context):\n    time.sleep(3 if event == "${LONG}" else 0.1)\n    return event\n`;
const ROLE = 'arn:aws:iam::000000000000:role/any';
const FUNCTION = 'slow';
const AT_ONCE = 3;

const CLI = fileURLToPath(new URL('../../cli/main.ts', import.meta.url));
const EMPTY_ZIP = Buffer.from('UEsFBgAAAAAAAAAAAAAAAAAAAAAAAA==', 'base64');

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
        Code: { ZipFile: EMPTY_ZIP },
      }),
    );
    const reserve = { FunctionName: 'own', ReservedConcurrentExecutions: 2 };
    await lambda.send(new PutFunctionConcurrencyCommand(reserve));
    expect(await readAccountConcurrency(lambda, 'own')).toEqual({ ...found, unreserved: 1, reserved: 2 });
    await lambda.send(new DeleteFunctionConcurrencyCommand({ FunctionName: 'own' }));
  });

  it('refuses what is beyond with 429', async () => {
    const Payload = Buffer.from(JSON.stringify(LONG));
    const call = () => lambda.send(new InvokeCommand({ FunctionName: FUNCTION, Payload }));
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
    const patient = await mapOf(
      Array.from({ length: 60 }, (_, n) => n),
      12,
      [quick],
    );
    const without = await mapOf(
      Array.from({ length: 12 }, () => LONG),
      12,
      [],
    );

    // Assess
    expect(without.error).toBe('States.ExceedToleratedFailureThreshold');
    expect(patient.status).toBe('SUCCEEDED');
    expect(JSON.parse(patient.output ?? '')).toHaveLength(60);
  });
});

describe('the command line with a stage of such an account', () => {
  it('doctor compares what the account runs with what the stack asks for', async () => {
    const before = await fanfleet('doctor');
    expect(before.stdout).toContain('functions at once in the account: 3; no stack is deployed');
    await lambda.send(
      new CreateFunctionCommand({
        ...{ FunctionName: 'fanfleet-prod-measure', Handler: 'index.main', Role: ROLE },
        ...{ Runtime: 'python3.12', Code: { ZipFile: EMPTY_ZIP } },
        Environment: { Variables: { FANFLEET_CONCURRENCY: '1000' } },
      }),
    );
    const { stdout, status } = await fanfleet('doctor');
    expect(stdout).toMatch(
      /^mind {4} functions at once in the account: 3; the stack asks for 1,000\n.*L-B99A9384/m,
    );
    expect(status).toBe(0);
  });

  it('estimate takes what the account runs, unless it is told', async () => {
    const { stdout } = await fanfleet('estimate', '--items', '1e5');
    expect(stdout).toContain('Account: 3 functions at once, as Lambda says.');
    expect(stdout).toContain('a run has 2 batches at work');
    const told = await fanfleet('estimate', '--items', '1e5', '--account-concurrency', '50');
    expect(told.stdout).not.toContain('Account:');
    expect(told.stdout).toContain('The account runs 50 functions at once');
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

async function fanfleet(...args: string[]) {
  const child = spawn(process.execPath, [CLI, '--stage', 'prod', ...args], {
    env: {
      ...{ PATH: process.env.PATH, AWS_REGION: 'us-east-1', AWS_ENDPOINT_URL: emulator.endpoint },
      ...{ AWS_ACCESS_KEY_ID: 'test', AWS_SECRET_ACCESS_KEY: 'test', FANFLEET_HOME: '/nonexistent' },
    },
  });
  const [stdout] = await Promise.all([Array.fromAsync(child.stdout), once(child, 'close')]);
  return { status: child.exitCode, stdout: Buffer.concat(stdout).toString() };
}

/** Run a distributed map over the function, with these items and so many children at once. */
async function mapOf(items: readonly unknown[], children: number, Retry: readonly Retrier[]) {
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
  const input = JSON.stringify(items);
  const { executionArn } = await sfn.send(new StartExecutionCommand({ stateMachineArn, input }));
  for (;;) {
    const found = await sfn.send(new DescribeExecutionCommand({ executionArn }));
    if (found.status !== 'RUNNING') return found;
    await wait(50);
  }
}
