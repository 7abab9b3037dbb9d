import type { RunInstancesCommandInput } from '@aws-sdk/client-ec2';
import { describe, expect, it } from 'vitest';
import { clientOf, useEc2Endpoint } from '../../support/ec2-endpoint.ts';

const { start, launch, consoleWith } = useEc2Endpoint();

const PYTHON = new URL('../../../.venv/bin/python', import.meta.url).pathname;

describe('the metadata service', () => {
  const script = (endpoint: string) => `
    get() { curl -sf -H "X-aws-ec2-metadata-token: $token" "$AWS_EC2_METADATA_SERVICE_ENDPOINT/latest/$1"; }
    token=$(curl -sf -X PUT -H 'X-aws-ec2-metadata-token-ttl-seconds: 60' "$AWS_EC2_METADATA_SERVICE_ENDPOINT/latest/api/token")
    echo "bare=$(curl -s -o /dev/null -w '%{http_code}' "$AWS_EC2_METADATA_SERVICE_ENDPOINT/latest/meta-data/")"
    for path in instance-id instance-type local-ipv4 local-hostname ami-id mac placement/region \\
      placement/availability-zone iam/security-credentials/ tags/instance/Role; do
      echo "$path=$(get meta-data/$path)"
    done
    echo "profile=$(get meta-data/iam/info)"
    echo "document=$(get dynamic/instance-identity/document | tr -d '\\n')"
    echo "same=$(get user-data | cmp - "$FANFLEET_HOST_ROOT/user-data" && echo yes)"
    ${PYTHON} -c '
import boto3
session = boto3.Session()
frozen = session.get_credentials()
print("boto3=%s %s" % (frozen.method, frozen.access_key))
ec2 = session.client("ec2", "eu-central-1", endpoint_url="${endpoint}")
print("zone=" + ec2.describe_instances()["Reservations"][0]["Instances"][0]["Placement"]["AvailabilityZone"])'
    echo done`;

  it.each(['addresses', 'ports'] as const)('tells a host who it is, by %s', async (addressing) => {
    // Prepare
    const other = await start(addressing, { addressing, metadataPort: 13_380, region: 'eu-central-1' });
    const client = clientOf(other.url, 'eu-central-1');
    const options: Partial<RunInstancesCommandInput> = {
      IamInstanceProfile: { Arn: 'arn:aws:iam::000000000000:instance-profile/path/fleet' },
      MetadataOptions: { InstanceMetadataTags: 'enabled' },
      TagSpecifications: [{ ResourceType: 'instance', Tags: [{ Key: 'Role', Value: 'head' }] }],
    };
    // Act
    const [first, second] = await launch(script(other.url), { ...options, MinCount: 2, MaxCount: 2 }, client);
    const outputs = [
      await consoleWith(first, 'exited with', client),
      await consoleWith(second, 'exited with', client),
    ];
    // Assess
    for (const [index, instance] of [first, second].entries()) {
      const output = outputs[index] ?? '';
      const value = (name: string) =>
        output
          .split('\n')
          .find((line) => line.startsWith(`${name}=`))
          ?.slice(name.length + 1);
      expect(value('bare')).toBe('401');
      expect(value('instance-id')).toBe(instance?.InstanceId);
      expect(value('local-ipv4')).toBe(instance?.PrivateIpAddress);
      expect(value('local-hostname')).toBe(instance?.PrivateDnsName);
      expect(value('mac')).toBe(instance?.NetworkInterfaces?.[0]?.MacAddress);
      expect(value('instance-type')).toBe('c7g.large');
      expect(value('placement/region')).toBe('eu-central-1');
      expect(value('placement/availability-zone')).toBe('eu-central-1a');
      expect(value('iam/security-credentials/')).toBe('fleet');
      expect(JSON.parse(value('profile') ?? '')).toMatchObject({ Code: 'Success' });
      expect(JSON.parse(value('document') ?? '')).toMatchObject({
        instanceId: instance?.InstanceId,
        region: 'eu-central-1',
      });
      expect(value('tags/instance/Role')).toBe('head');
      expect(value('same')).toBe('yes');
      expect(value('boto3')).toMatch(/^iam-role ASIA[0-9A-F]{16}$/);
      // A call with these credentials, signed by boto3, is taken.
      expect(value('zone')).toBe('eu-central-1a');
    }
    const addresses = [first?.PrivateIpAddress, second?.PrivateIpAddress];
    if (addressing === 'ports') expect(addresses).toEqual(['127.0.0.1', '127.0.0.1']);
    else expect(new Set(addresses).size).toBe(2);
    await other.close();
  });
});
