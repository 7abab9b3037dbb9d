import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Instance } from '@aws-sdk/client-ec2';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hostControl } from '../../../localstack/ec2/control-client.ts';
import type { Ec2Endpoint } from '../../../localstack/ec2/server.ts';
import { pythonFolders } from '../../../localstack/offline.ts';
import { clientOf, useEc2Endpoint } from '../../support/ec2-endpoint.ts';
import { noNamespaces, onHost } from '../../support/namespace-hosts.ts';

const VENV = new URL('../../../.venv', import.meta.url).pathname;
const ENDPOINT = 'http://10.77.0.2:4566';

describe.skipIf(noNamespaces !== undefined)(`AWS as hosts see it (${noNamespaces ?? 'here'})`, () => {
  const shared = useEc2Endpoint();
  /** Stands where the emulator is: says what it was asked for. */
  const aws = createServer(async (request, response) => {
    const body = await read(request);
    const { method, url, headers } = request;
    const seen = { method, url, host: headers.host, bytes: body.length, expect: headers.expect ?? null };
    response.writeHead(200, { 'x-amz-custom': 'kept' }).end(JSON.stringify(seen));
  });
  let endpoint: Ec2Endpoint;
  let host: Instance | undefined;

  beforeAll(async () => {
    await new Promise<void>((resolve) => aws.listen(0, '127.0.0.1', resolve));
    const awsUrl = `http://127.0.0.1:${(aws.address() as AddressInfo).port}`;
    const hostMounts = await pythonFolders(VENV);
    endpoint = await shared.start('aws', { hostKind: 'namespaces', awsUrl, hostMounts });
    const client = clientOf(endpoint.url);
    const launched = await shared.launch('sleep 3600', { IamInstanceProfile: { Name: 'role' } }, client);
    [host] = await shared.allIn('running', launched, client);
  });

  afterAll(async () => {
    await endpoint?.close();
    aws.close();
  });

  /** The status and the body of a call that is signed for a service. */
  async function call(service: string, path: string, more = ''): Promise<string> {
    const signed = `-H "authorization: AWS4-HMAC-SHA256 Credential=test/20261121/us-east-1/${service}/aws4_request, SignedHeaders=host, Signature=0"`;
    return onHost(
      host,
      `curl -s -m 5 -w ' %{http_code}' ${signed} ${more} '${ENDPOINT}${path}'; echo " exit=$?"`,
    );
  }

  it('hands calls on as they are, and answers as they came', async () => {
    const answer = await call(
      's3',
      '/bucket/a%20key?x=1',
      '-i -H "Expect: 100-continue" --data-binary @/bin/bash',
    );
    const size = (await onHost(host, 'stat -Lc %s /bin/bash')).trim();
    expect(answer).toContain('x-amz-custom: kept');
    expect(answer).toContain('{"method":"POST","url":"/bucket/a%20key?x=1","host":"10.77.0.2:4566"');
    expect(answer).toContain(`"bytes":${size},"expect":null}`);
  });

  it('hands calls that are signed for EC2 to the endpoint itself', async () => {
    const script = `import boto3
ec2 = boto3.client("ec2", endpoint_url="${ENDPOINT}", region_name="us-east-1")
print([each["InstanceId"] for r in ec2.describe_instances()["Reservations"] for each in r["Instances"]])`;
    const answer = await onHost(host, `${VENV}/bin/python -c '${script}'`);
    expect(answer).toBe(`['${host?.InstanceId}']\n`);
  });

  it('does not let hosts reach the controls of the machine', async () => {
    expect(await call('ec2', '/_control/aws', '-X POST -d "{}"')).toContain(' 403 exit=0');
    expect(await call('s3', '/_localstack/health')).toContain(' 403 exit=0');
  });

  it('answers S3 alone with 503 as long as it is told to', async () => {
    const control = hostControl(endpoint.url);
    await control.aws('unavailable');
    expect(await call('s3', '/bucket/key', '-X PUT -d x')).toMatch(/<Code>SlowDown<\/Code>.* 503 exit=0/s);
    expect(await call('ssm', '/')).toContain(' 200 exit=0');
    await control.aws(null);
    expect(await call('s3', '/bucket/key')).toContain(' 200 exit=0');
  });

  it('holds the calls of a host that match until it lets them go', async () => {
    const control = hostControl(endpoint.url);
    const id = host?.InstanceId ?? '';
    await control.hold(id, /^\/bucket\/late\//);
    // 28: the time is over.
    expect(await call('s3', '/bucket/late/key', '-m 1')).toContain(' 000 exit=28');
    expect(await call('s3', '/bucket/key')).toContain(' 200 exit=0');
    const held = call('s3', '/bucket/late/key');
    expect(await Promise.race([held, sleep(500)])).toBeUndefined();
    await control.hold(id, null);
    expect(await held).toContain(' 200 exit=0');
  });

  it('resets connections as long as it is told to', async () => {
    const control = hostControl(endpoint.url);
    await control.aws('reset');
    // 56: connection reset by peer.
    expect(await call('s3', '/bucket/key')).toContain(' 000 exit=56');
    await control.aws(null);
    expect(await call('s3', '/bucket/key')).toContain(' 200 exit=0');
  });

  it('breaks the connection where AWS breaks it', async () => {
    aws.once('connection', (socket) => socket.destroy());
    aws.closeAllConnections();
    expect(await call('s3', '/bucket/key')).toMatch(/ 000 exit=5[26]/);
  });
});

describe('the controls of hosts that are processes', () => {
  const shared = useEc2Endpoint({ hostKind: 'processes' });

  it('says what they cannot do', async () => {
    const [instance] = await shared.launch('sleep 3600');
    const { link, aws } = hostControl(shared.url);
    await expect(link(instance?.InstanceId ?? '', 'down')).rejects.toThrow(
      'UNSUPPORTED_CONTROL: [UNSUPPORTED_CONTROL] Expected hosts in namespaces for link',
    );
    await expect(aws('reset')).rejects.toThrow('UNSUPPORTED_CONTROL');
    await shared.terminate(instance === undefined ? [] : [instance]);
  });
});

async function read(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks);
}
