import { describe, expect, it } from 'vitest';
import { firewallProgram } from '../../../localstack/ec2/hosts/namespaces/host-firewall.ts';
import { ingressRules } from '../../../localstack/ec2/state/ingress-rules.ts';
import { SecurityGroups } from '../../../localstack/ec2/state/security-groups.ts';

const rule = { id: 'sgr-1', protocol: 'tcp', fromPort: 80, toPort: 90, description: undefined };

describe('ingressRules', () => {
  it('unites the rules of all groups, with the addresses of those that have a group', () => {
    // Prepare
    const groups = new SecurityGroups('vpc-1');
    const [a, b] = ['a', 'b'].map((name) => groups.create(name, name, new Map()).id);
    if (a === undefined || b === undefined) throw new Error('Expected two groups.');
    groups.authorize(groups.get(a), [{ ...rule, source: { groupId: b } }]);
    groups.authorize(groups.get(b), [{ ...rule, fromPort: 22, toPort: 22, source: { cidr: '10.0.0.0/8' } }]);
    const instance = (id: string, address: string, ...groupIds: string[]) => ({
      id,
      host: { address },
      spec: { groupIds },
    });
    // Act
    const rules = ingressRules(
      [instance('i-1', '10.77.1.1', a), instance('i-2', '10.77.1.2', b), instance('i-3', '10.77.1.3', a, b)],
      (id) => groups.find(id),
    );
    // Assess
    const web = { protocol: 'tcp', fromPort: 80, toPort: 90, sources: ['10.77.1.2', '10.77.1.3'] };
    const shell = { protocol: 'tcp', fromPort: 22, toPort: 22, sources: ['10.0.0.0/8'] };
    expect(Object.fromEntries(rules)).toEqual({ 'i-1': [web], 'i-2': [shell], 'i-3': [web, shell] });
  });
});

describe('firewallProgram', () => {
  const lines = (protocol: string, fromPort?: number, toPort?: number, sources = ['10.77.1.2']) =>
    firewallProgram([{ protocol, fromPort, toPort, sources }])
      .split('\n')
      .filter((line) => / accept$/.test(line) && !/iif|ct state/.test(line))
      .map((line) => line.trim());

  it.each([
    ['tcp', 80, 90, 'ip saddr { 10.77.1.2 } tcp dport 80-90 accept'],
    ['udp', 53, 53, 'ip saddr { 10.77.1.2 } udp dport 53-53 accept'],
    ['icmp', 8, 0, 'ip saddr { 10.77.1.2 } icmp type 8 accept'],
    ['icmp', -1, -1, 'ip saddr { 10.77.1.2 } meta l4proto icmp accept'],
    ['-1', undefined, undefined, 'ip saddr { 10.77.1.2 } meta nfproto ipv4 accept'],
  ])('writes a rule of %s from %s to %s', (protocol, from, to, expected) => {
    expect(lines(protocol, from, to)).toEqual([expected]);
  });

  it('needs no address where all are let in, and lets nobody in through a group without members', () => {
    expect(lines('tcp', 80, 80, ['0.0.0.0/0'])).toEqual(['tcp dport 80-80 accept']);
    expect(lines('tcp', 80, 80, [])).toEqual([]);
  });
});
