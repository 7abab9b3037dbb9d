import {
  AuthorizeSecurityGroupIngressCommand,
  CreateSecurityGroupCommand,
  type EC2Client,
  type Instance,
  RevokeSecurityGroupIngressCommand,
} from '@aws-sdk/client-ec2';
import { beforeAll, describe, expect, it } from 'vitest';
import { hostControl } from '../../../localstack/ec2/control-client.ts';
import { clientOf, useEc2Endpoint } from '../../support/ec2-endpoint.ts';
import { hasNftables, noNamespaces, onHost } from '../../support/namespace-hosts.ts';

/** Accepts on three ports, and says on each what it is. */
const SERVER = `exec python3 -u -c '
import socket, threading
def serve(port):
    with socket.create_server(("", port)) as listener:
        held = []
        while True:
            held.append(listener.accept()[0])
            held[-1].sendall(b"hello")
for port in (7001, 7002, 7003): threading.Thread(target=serve, args=(port,)).start()
print("up")
'`;

describe.skipIf(noNamespaces !== undefined)(`the network of the hosts (${noNamespaces ?? 'here'})`, () => {
  const endpoint = useEc2Endpoint({ hostKind: 'namespaces' });
  const { launch, consoleWith, terminate } = endpoint;
  let groupId = '';

  beforeAll(async () => {
    groupId = await openGroup(endpoint.ec2);
  });

  async function up(...launched: Parameters<typeof launch>): Promise<Instance[]> {
    return endpoint.allIn('running', await launch(...launched));
  }

  async function pair(): Promise<[Instance, Instance]> {
    const [server, client] = await launch(SERVER, { MinCount: 2, MaxCount: 2, SecurityGroupIds: [groupId] });
    if (server === undefined || client === undefined) throw new Error('Expected two instances.');
    await Promise.all([server, client].map((each) => consoleWith(each, 'up')));
    return [server, client];
  }

  it.runIf(hasNftables)('lets in what the security groups allow, and follows their changes', async () => {
    // Prepare
    const [server, client] = await pair();
    const [stranger] = await up('sleep 3600');
    const change = (port: number) => ({
      GroupId: groupId,
      IpPermissions: [
        { IpProtocol: 'tcp', FromPort: port, ToPort: port, IpRanges: [{ CidrIp: '10.77.0.0/16' }] },
      ],
    });
    // Act and assess
    expect(await reaches(client, server, 7001)).toBe('hello');
    expect(await reaches(client, server, 7002)).toBe('hello');
    expect(await reaches(client, server, 7003)).toBe('timed out');
    expect(await reaches(stranger, server, 7001)).toBe('timed out');
    await endpoint.ec2.send(new AuthorizeSecurityGroupIngressCommand(change(7003)));
    expect(await reaches(stranger, server, 7003)).toBe('hello');
    await endpoint.ec2.send(new RevokeSecurityGroupIngressCommand(change(7003)));
    expect(await reaches(stranger, server, 7003)).toBe('timed out');
    // A host that comes later belongs to the group at once.
    const [late] = await up('sleep 3600', { SecurityGroupIds: [groupId] });
    expect(await reaches(late, server, 7001)).toBe('hello');
    await terminate([server, client, stranger, late].flatMap((each) => each ?? []));
  });

  it.runIf(hasNftables)('keeps hosts that reach the internet in reach of each other', async () => {
    const other = await endpoint.start('internet', { hostKind: 'namespaces', hostInternet: true });
    const ec2 = clientOf(other.url);
    try {
      const both = { MinCount: 2, MaxCount: 2, SecurityGroupIds: [await openGroup(ec2)] };
      const [server, client] = await launch(SERVER, both, ec2);
      await consoleWith(server, 'up', ec2);
      expect(await reaches(client, server as Instance, 7001)).toBe('hello');
    } finally {
      ec2.destroy();
      await other.close();
    }
  });

  it('cuts the wire of a host, and mends it', async () => {
    const [server, client] = await pair();
    const { link } = hostControl(endpoint.url);
    await link(server.InstanceId ?? '', 'down');
    expect(await reaches(client, server, 7001)).toMatch(/timed out|No route to host/);
    await link(server.InstanceId ?? '', 'up');
    await endpoint.until('the wire mended', async () => (await reaches(client, server, 7001)) === 'hello');
    await terminate([server, client]);
  });

  it('tells nobody of a host that vanishes, but of one that loses its power', async () => {
    // Prepare: a connection to each, which waits for its end
    const control = hostControl(endpoint.url);
    const watch = async (
      server: Instance,
      client: Instance,
      seconds: number,
      end: () => Promise<unknown>,
    ) => {
      const wait = `print("open"); s.settimeout(${seconds}); print(s.recv(9) or "closed")`;
      const waiting = onHost(client, connect(server, 7001, wait));
      await endpoint.until('a connection', async () =>
        (await onHost(client, 'cat /proc/net/tcp')).includes(':1B59 01'),
      );
      await end();
      return (await waiting).split('\n')[1];
    };
    const [first, client] = await pair();
    const [second, other] = await pair();
    // Act
    const [vanished, unplugged] = await Promise.all([
      watch(first, client, 4, () => control.vanish(first.InstanceId ?? '')),
      watch(second, other, 25, () => terminate([second], { SkipOsShutdown: true })),
    ]);
    // Assess
    expect(vanished).toBe('timed out');
    expect(unplugged).toMatch(/closed|reset/);
    await endpoint.allIn('terminated', [first]);
    await terminate([client, other]);
  });

  it('limits the bandwidth of a host in both directions', async () => {
    const [server, client] = await pair();
    const control = hostControl(endpoint.url);
    await control.bandwidth(server.InstanceId ?? '', '10mbit');
    expect(await onHost(server, 'tc qdisc show dev eth0')).toContain('rate 10Mbit');
    expect(await reaches(client, server, 7001)).toBe('hello');
    await control.bandwidth(server.InstanceId ?? '', null);
    expect(await onHost(server, 'tc qdisc show dev eth0')).not.toContain('rate');
    await terminate([server, client]);
  });

  it('has one hardware address for AWS and the metadata, whichever hosts come and go', async () => {
    const [host] = await up('sleep 3600');
    const asked = 'curl -s -o /dev/null http://169.254.169.254; ip neighbour show 169.254.169.254';
    expect(await onHost(host, asked)).toContain('lladdr 02:00:0a:4d:00:01');
    await terminate([host].flatMap((each) => each ?? []));
  });

  it('kills the processes that a test names', async () => {
    const [host] = await launch(
      'sleep 1111 & sleep 2222 & jobs -p; echo up; wait %1; echo "status=$?"; wait',
    );
    await consoleWith(host, 'up');
    const killed = await hostControl(endpoint.url).kill(host?.InstanceId ?? '', /^sleep 1+$/);
    const output = await consoleWith(host, 'status=137');
    expect(killed).toEqual([Number(output.split('\n')[0])]);
    expect(await onHost(host, 'pgrep -fx "sleep 2222" | wc -l')).toBe('1\n');
    await terminate(host === undefined ? [] : [host]);
  });

  it('refuses a control that is wrong', async () => {
    const control = hostControl(endpoint.url);
    await expect(control.link('i-0123456789abcdef0', 'down')).rejects.toThrow('NO_SUCH_HOST');
    await expect(control.bandwidth('i-0123456789abcdef0', 'much')).rejects.toThrow('INVALID_INPUT');
    const plain = await fetch(`${endpoint.url}/_control/aws`, { method: 'POST', body: '{"fault":null}' });
    expect(plain.status).toBe(400);
  });
});

/** A security group that lets its own hosts in at two of the three ports. */
async function openGroup(ec2: EC2Client): Promise<string> {
  const group = { GroupName: 'open', Description: 'lets its own in' };
  const { GroupId = '' } = await ec2.send(new CreateSecurityGroupCommand(group));
  await ec2.send(
    new AuthorizeSecurityGroupIngressCommand({
      GroupId,
      IpPermissions: [{ IpProtocol: 'tcp', FromPort: 7001, ToPort: 7002, UserIdGroupPairs: [{ GroupId }] }],
    }),
  );
  return GroupId;
}

function connect(server: Instance, port: number, then: string): string {
  return `python3 -u -c '
import socket
try:
    s = socket.create_connection(("${server.PrivateIpAddress}", ${port}), 1.5)
    s.recv(5)
    ${then}
except OSError as reason:
    print(reason.strerror or reason)
'`;
}

/** What happens to a connection from one host to a port of another. */
async function reaches(from: Instance | undefined, server: Instance, port: number): Promise<string> {
  return (await onHost(from, connect(server, port, 'print("hello")'))).trim();
}
