import { DescribeVpcsCommand, EC2Client } from '@aws-sdk/client-ec2';
import { describe, expect, it } from 'vitest';
import { useEc2Endpoint } from '../../support/ec2-endpoint.ts';

let now = Date.now();
const shared = useEc2Endpoint({ now: () => now, accessKeys: { test: 'test', AKIDEXAMPLE: 'a/secret+key=' } });
const { launch, consoleWith, terminate } = shared;

describe('signatures', () => {
  const describeVpcs = async (
    credentials: ConstructorParameters<typeof EC2Client>[0] & object,
    region = 'us-east-1',
  ) => {
    const client = new EC2Client({ endpoint: shared.url, region, maxAttempts: 1, ...credentials });
    try {
      return (await client.send(new DescribeVpcsCommand())).Vpcs?.length;
    } finally {
      client.destroy();
    }
  };
  const signedBy = (accessKeyId: string, secretAccessKey: string, sessionToken?: string) => ({
    credentials: { accessKeyId, secretAccessKey, ...(sessionToken === undefined ? {} : { sessionToken }) },
  });
  const good = signedBy('AKIDEXAMPLE', 'a/secret+key=');

  it('of a key that is known are taken, and of no other', async () => {
    expect(await describeVpcs(good)).toBe(1);
    const unknown = signedBy('AKIDOTHER', 'a/secret+key=');
    await expect(describeVpcs(unknown)).rejects.toMatchObject({
      name: 'AuthFailure',
      $metadata: { httpStatusCode: 401 },
    });
    await expect(describeVpcs(signedBy('AKIDEXAMPLE', 'wrong'))).rejects.toMatchObject({
      name: 'SignatureDoesNotMatch',
      $metadata: { httpStatusCode: 403 },
    });
  });

  it('for another region or with a wrong clock are refused', async () => {
    await expect(describeVpcs(good, 'eu-west-1')).rejects.toThrow('us-east-1/ec2, not');
    await expect(describeVpcs({ ...good, systemClockOffset: -16 * 60_000 })).rejects.toMatchObject({
      name: 'RequestExpired',
    });
  });

  it('of an instance are taken with its token, from curl too, until its credentials expire', async () => {
    // Prepare
    const { hostname, port } = new URL(shared.url);
    const instances = await launch(
      `
      imds=$AWS_EC2_METADATA_SERVICE_ENDPOINT/latest
      token=$(curl -sf -X PUT -H 'X-aws-ec2-metadata-token-ttl-seconds: 60' "$imds/api/token")
      get() { curl -sf -H "X-aws-ec2-metadata-token: $token" "$imds/meta-data/$1"; }
      keys=$(get "iam/security-credentials/$(get iam/security-credentials/)" | tr -d '\\n')
      echo "keys=$keys"
      field() { sed -E "s/.*\\"$1\\":\\"([^\\"]*)\\".*/\\1/" <<<"$keys"; }
      curl -s --aws-sigv4 aws:amz:us-east-1:ec2 --user "$(field AccessKeyId):$(field SecretAccessKey)" \\
        -H "X-Amz-Security-Token: $(field Token)" -d 'Action=DescribeVpcs&Version=2016-11-15' http://${hostname}:${port}/
      echo; echo done`,
      { IamInstanceProfile: { Name: 'fleet' } },
    );

    // Act
    const output = await consoleWith(instances[0], '\ndone\n');
    const { AccessKeyId, SecretAccessKey, Token, Expiration } = JSON.parse(
      /keys=(.*)/.exec(output)?.[1] ?? '',
    );

    // Assess
    expect(output).toContain('<DescribeVpcsResponse');
    expect(await describeVpcs(signedBy(AccessKeyId, SecretAccessKey, Token))).toBe(1);
    await expect(describeVpcs(signedBy(AccessKeyId, SecretAccessKey))).rejects.toMatchObject({
      name: 'AuthFailure',
    });
    const before = now;
    now = Date.parse(Expiration) + 1;
    await expect(
      describeVpcs({ ...signedBy(AccessKeyId, SecretAccessKey, Token), systemClockOffset: now - before }),
    ).rejects.toMatchObject({ name: 'RequestExpired' });
    now = before;
    await terminate(instances);
  });
});
