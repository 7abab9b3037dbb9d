import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import {
  DescribeInstancesCommand,
  EC2Client,
  GetConsoleOutputCommand,
  type Instance,
  RunInstancesCommand,
  type RunInstancesCommandInput,
  TerminateInstancesCommand,
} from '@aws-sdk/client-ec2';
import { afterAll, beforeAll, expect } from 'vitest';
import { INSTANCE_TYPES } from '../../localstack/ec2/api/instance-types.ts';
import { type Ec2Endpoint, type Ec2EndpointOptions, startEc2Endpoint } from '../../localstack/ec2/server.ts';

/**
 * An EC2 endpoint for the tests of a file, and what they do with it. It is up from before the first test to after
 * the last one, and then nothing may be left in its folder and nothing may have been noted.
 *
 * @param options for the file's own endpoint; those of `start` have only what they are given
 */
export function useEc2Endpoint(options: Partial<Ec2EndpointOptions> = {}) {
  const notes: string[] = [];
  let folder = '';
  let endpoint: Ec2Endpoint;
  let ec2: EC2Client;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'fanfleet-ec2-'));
    endpoint = await start('shared', options);
    ec2 = clientOf(endpoint.url);
  });

  afterAll(async () => {
    ec2?.destroy();
    await endpoint?.close();
    // The state folder removes itself: whatever is left is a leak.
    expect(await readdir(folder)).toEqual([]);
    await rm(folder, { recursive: true, force: true });
    expect(notes).toEqual([]);
  });

  /** One more endpoint, with its state in the folder `name`. The test closes it. */
  function start(name: string, more: Partial<Ec2EndpointOptions> = {}): Promise<Ec2Endpoint> {
    return startEc2Endpoint({
      port: 0,
      stateDir: join(folder, name),
      graceMs: 500,
      notify: (message) => notes.push(message),
      ...more,
    });
  }

  async function launch(
    script: string | undefined,
    more: Partial<RunInstancesCommandInput> = {},
    client = ec2,
  ): Promise<Instance[]> {
    const { InstanceType = 'c7g.large' } = more;
    const { Instances = [] } = await client.send(
      new RunInstancesCommand({
        ImageId: imageFor(InstanceType),
        InstanceType,
        MinCount: 1,
        MaxCount: 1,
        ...(script === undefined
          ? {}
          : { UserData: Buffer.from(`#!/bin/bash\n${script}\n`).toString('base64') }),
        ...more,
      }),
    );
    return Instances;
  }

  async function describeAll(instances: readonly Instance[], client = ec2): Promise<Instance[]> {
    const answer = await client.send(new DescribeInstancesCommand({ InstanceIds: ids(instances) }));
    return (answer.Reservations ?? []).flatMap((reservation) => reservation.Instances ?? []);
  }

  async function until<T>(
    what: string,
    look: () => Promise<T | undefined> | T | undefined,
    limitMs = 60_000,
  ): Promise<T> {
    const deadline = performance.now() + limitMs;
    while (performance.now() < deadline) {
      const found = await look();
      if (found !== undefined && found !== false) return found;
      await wait(20);
    }
    throw new Error(`Expected ${what} within ${limitMs / 1_000} s. Notes: ${notes.join('; ')}`);
  }

  function allIn(state: string, instances: readonly Instance[], client = ec2): Promise<Instance[]> {
    return until(`${ids(instances).join(', ')} in ${state}`, async () => {
      const now = await describeAll(instances, client);
      return now.every(({ State }) => State?.Name === state) ? now : undefined;
    });
  }

  async function consoleOf(instance: Instance | undefined, client = ec2): Promise<string> {
    const command = new GetConsoleOutputCommand({ InstanceId: instance?.InstanceId ?? '' });
    const { Output = '' } = await client.send(command);
    return Buffer.from(Output, 'base64').toString();
  }

  function consoleWith(instance: Instance | undefined, text: string | RegExp, client = ec2): Promise<string> {
    return until(`${text} on the console`, async () => {
      const output = await consoleOf(instance, client);
      return output.match(text) === null ? undefined : output;
    });
  }

  async function terminate(
    instances: readonly Instance[],
    more: { SkipOsShutdown?: boolean } = {},
  ): Promise<void> {
    await ec2.send(new TerminateInstancesCommand({ InstanceIds: ids(instances), ...more }));
    await allIn('terminated', instances);
  }

  return {
    /** These three are there from the first test on. */
    get folder() {
      return folder;
    },
    get url() {
      return endpoint.url;
    },
    get ec2() {
      return ec2;
    },
    start,
    launch,
    describeAll,
    until,
    allIn,
    consoleOf,
    consoleWith,
    terminate,
  };
}

export function clientOf(url: string, region = 'us-east-1'): EC2Client {
  const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
  return new EC2Client({ endpoint: url, region, credentials, maxAttempts: 1 });
}

/** Ubuntu 24.04 for the processor of the type. */
export function imageFor(instanceType: string): string {
  const architecture = INSTANCE_TYPES.get(instanceType)?.architecture === 'x86_64' ? 'amd64' : 'arm64';
  return `resolve:ssm:/aws/service/canonical/ubuntu/server/24.04/stable/current/${architecture}/hvm/ebs-gp3/ami-id`;
}

export const ids = (instances: readonly Instance[]) => instances.map(({ InstanceId }) => InstanceId ?? '');

/** The host's folder, where its script has printed `root=`. */
export const rootOf = (output: string) => /root=(\S+)/.exec(output)?.[1] ?? 'none';

/** The process whose number a script has printed as `name=`. */
export const pidOf = (output: string, name: string) => Number(new RegExp(`${name}=(\\d+)`).exec(output)?.[1]);

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    // A zombie has ended too: whoever adopted it has only not looked yet.
    return !existsSync('/proc/self/stat') || !/\) Z/.test(readFileSync(`/proc/${pid}/stat`, 'latin1'));
  } catch {
    return false;
  }
}
