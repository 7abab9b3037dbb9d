import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Ec2Endpoint } from '../../../localstack/ec2/server.ts';
import { readBootScript } from '../../../src/fleet/boot-script.ts';
import { packBundle } from '../../../src/fleet/bundle.ts';
import { userData } from '../../../src/fleet/user-data.ts';
import { clientOf, useEc2Endpoint } from '../../support/ec2-endpoint.ts';
import { noNamespaces } from '../../support/namespace-hosts.ts';

const ROOT = new URL('../../..', import.meta.url).pathname;
/** Made by `debootstrap --variant=minbase bookworm DIR`. It is not written to. */
const bareRoot = process.env.FANFLEET_BARE_ROOT;
const BOOT_LIMIT_MS = 540_000;

describe.skipIf(bareRoot === undefined || noNamespaces !== undefined)(
  'a head on a bare root (FANFLEET_BARE_ROOT=DIR, with the package registries in reach)',
  () => {
    const shared = useEc2Endpoint();
    let bundle: Awaited<ReturnType<typeof packBundle>>;
    let endpoint: Ec2Endpoint | undefined;
    /** Has the bundle, and nothing else. */
    const aws = createServer((request, response) => {
      if (request.url === `/runs/${bundle.key}`) response.end(bundle.body);
      else response.writeHead(400).end();
    });
    beforeAll(async () => {
      bundle = await packBundle(ROOT);
      await new Promise<void>((resolve) => aws.listen(0, '127.0.0.1', resolve));
    });
    afterAll(async () => {
      await endpoint?.close();
      aws.close();
    });

    it('installs all it needs from the registries, and tells the time of each step', async () => {
      // Prepare
      endpoint = await shared.start('bare', {
        hostKind: 'namespaces',
        hostRoot: bareRoot ?? '',
        hostInternet: true,
        awsUrl: `http://127.0.0.1:${(aws.address() as AddressInfo).port}`,
      });
      const client = clientOf(endpoint.url);
      const script = userData(await readBootScript(ROOT, 'head'), {
        FANFLEET_REGION: 'us-east-1',
        FANFLEET_RUNS_BUCKET: 'runs',
        FANFLEET_BUNDLE_KEY: bundle.key,
        FANFLEET_BUNDLE_SHA256: bundle.sha256,
        FANFLEET_ENDPOINT_URL: 'http://10.77.0.2:4566',
        FANFLEET_PARAMETER: '/none',
        FANFLEET_ENGINE: 'daft',
        FANFLEET_DEADLINE_S: '600',
      });
      // Act
      const [instance] = await shared.launch(
        undefined,
        {
          UserData: script,
          InstanceType: 'c7i.large',
          IamInstanceProfile: { Name: 'role' },
        },
        client,
      );
      const finished = /environment took|failed in step (packages|bundle|environment)/;
      const output = await shared.until(
        'the environment',
        async () => {
          const text = await shared.consoleOf(instance, client);
          return finished.test(text) ? text : undefined;
        },
        BOOT_LIMIT_MS,
      );
      // Assess
      const steps = [...output.matchAll(/\[fanfleet\] (\w+) took (\d+) ms/g)];
      for (const [, name, took] of steps) process.stdout.write(`${name}: ${took} ms\n`);
      expect(
        steps.map(([, name]) => name),
        output.slice(-2_000),
      ).toEqual(['packages', 'bundle', 'environment']);
    }, 600_000);
  },
);
