import { beforeEach, describe, expect, it } from 'vitest';
import { type Rule, SecurityGroups } from '../../../localstack/ec2/state/security-groups.ts';

const rule = (source: Rule['source'], port = 6379): Rule => ({
  id: 'sgr-1',
  protocol: 'tcp',
  fromPort: port,
  toPort: port,
  source,
  description: undefined,
});

describe('SecurityGroups', () => {
  let groups: SecurityGroups;
  beforeEach(() => {
    groups = new SecurityGroups('vpc-1');
  });
  const create = (name: string) => groups.create(name, name, new Map());
  const code = (expected: string) => expect.objectContaining({ code: expected });

  it('has one name once', () => {
    create('head');
    expect(() => create('head')).toThrow(code('InvalidGroup.Duplicate'));
    expect(() => create('default')).toThrow(code('InvalidGroup.Duplicate'));
  });

  it('adds all rules or none', () => {
    const group = create('head');
    groups.authorize(group, [rule({ cidr: '10.0.0.0/8' })]);
    const added = [rule({ cidr: '10.0.0.0/8' }, 1), rule({ cidr: '10.0.0.0/8' })];
    expect(() => groups.authorize(group, added)).toThrow(code('InvalidPermission.Duplicate'));
    expect(() =>
      groups.authorize(group, [rule({ cidr: '1.2.3.4/32' }), rule({ cidr: '1.2.3.4/32' })]),
    ).toThrow(code('InvalidPermission.Duplicate'));
    expect(() => groups.authorize(group, [rule({ groupId: 'sg-none' })])).toThrow(
      code('InvalidGroup.NotFound'),
    );
    expect(group.rules).toHaveLength(1);
  });

  it('keeps a group that something needs', () => {
    // Prepare
    const head = create('head');
    const worker = create('worker');
    groups.authorize(head, [rule({ groupId: worker.id })]);
    groups.authorize(worker, [rule({ groupId: worker.id })]);
    // Act and assess
    expect(() => groups.delete(worker, false)).toThrow(code('DependencyViolation'));
    groups.revoke(head, [rule({ groupId: worker.id })]);
    expect(() => groups.delete(worker, true)).toThrow(code('DependencyViolation'));
    groups.delete(worker, false);
    expect(() => groups.get(worker.id)).toThrow(code('InvalidGroup.NotFound'));
    expect(() => groups.delete(groups.byName('default'), false)).toThrow(code('CannotDelete'));
  });

  it('removes only a rule that is there', () => {
    const head = create('head');
    expect(() => groups.revoke(head, [rule({ cidr: '10.0.0.0/8' })])).toThrow(
      code('InvalidPermission.NotFound'),
    );
  });
});
