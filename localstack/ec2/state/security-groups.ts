import { Ec2Error } from '../api/ec2-error.ts';
import { derivedId, newId } from '../api/ids.ts';

/** One ingress rule with one source: an address range or another group. */
export interface Rule {
  id: string;
  protocol: string;
  fromPort: number | undefined;
  toPort: number | undefined;
  source: { cidr: string } | { groupId: string };
  description: string | undefined;
}

export interface SecurityGroup {
  id: string;
  name: string;
  description: string;
  vpcId: string;
  rules: Rule[];
  tags: Map<string, string>;
}

/** The security groups of the account. They are kept and answered, not enforced: hosts share their machine. */
export class SecurityGroups {
  readonly #groups = new Map<string, SecurityGroup>();
  readonly #vpcId: string;

  constructor(vpcId: string) {
    this.#vpcId = vpcId;
    const id = derivedId('sg', vpcId);
    const tags = new Map<string, string>();
    this.#groups.set(id, {
      id,
      name: 'default',
      description: 'default VPC security group',
      vpcId,
      rules: [],
      tags,
    });
  }

  all(): SecurityGroup[] {
    return [...this.#groups.values()].sort((a, b) => (a.id < b.id ? -1 : 1));
  }

  find(id: string): SecurityGroup | undefined {
    return this.#groups.get(id);
  }

  /** @throws Ec2Error `InvalidGroup.NotFound` */
  get(id: string): SecurityGroup {
    const group = this.#groups.get(id);
    if (group === undefined) {
      throw new Ec2Error('InvalidGroup.NotFound', `The security group '${id}' does not exist`);
    }
    return group;
  }

  /** @throws Ec2Error `InvalidGroup.NotFound` */
  byName(name: string): SecurityGroup {
    const group = this.all().find((each) => each.name === name);
    if (group !== undefined) return group;
    throw new Ec2Error(
      'InvalidGroup.NotFound',
      `The security group '${name}' does not exist in default VPC '${this.#vpcId}'`,
    );
  }

  /** @throws Ec2Error `InvalidGroup.Duplicate` */
  create(name: string, description: string, tags: Map<string, string>): SecurityGroup {
    if (this.all().some((each) => each.name === name)) {
      const detail = `The security group '${name}' already exists for VPC '${this.#vpcId}'`;
      throw new Ec2Error('InvalidGroup.Duplicate', detail);
    }
    const group: SecurityGroup = { id: newId('sg'), name, description, vpcId: this.#vpcId, rules: [], tags };
    this.#groups.set(group.id, group);
    return group;
  }

  /**
   * @param inUse whether an instance has the group
   * @throws Ec2Error `DependencyViolation` while an instance or a rule of another group needs it,
   *   `CannotDelete` for the default group
   */
  delete(group: SecurityGroup, inUse: boolean): void {
    if (group.name === 'default') {
      throw new Ec2Error('CannotDelete', 'the specified group: "default" name cannot be deleted by a user');
    }
    const named = this.all().some(
      (other) =>
        other !== group &&
        other.rules.some(({ source }) => 'groupId' in source && source.groupId === group.id),
    );
    if (inUse || named) {
      throw new Ec2Error('DependencyViolation', `resource ${group.id} has a dependent object`);
    }
    this.#groups.delete(group.id);
  }

  /**
   * Add rules, all or none.
   *
   * @throws Ec2Error `InvalidPermission.Duplicate`, `InvalidGroup.NotFound` for a source that is not there
   */
  authorize(group: SecurityGroup, rules: readonly Rule[]): void {
    const seen = new Set(group.rules.map(ruleKey));
    for (const rule of rules) {
      if ('groupId' in rule.source) this.get(rule.source.groupId);
      const key = ruleKey(rule);
      if (seen.has(key)) {
        const detail = `the specified rule "${key}" already exists`;
        throw new Ec2Error('InvalidPermission.Duplicate', detail);
      }
      seen.add(key);
    }
    group.rules.push(...rules);
  }

  /** Remove rules, all or none. @throws Ec2Error `InvalidPermission.NotFound` */
  revoke(group: SecurityGroup, rules: readonly Rule[]): void {
    const present = new Set(group.rules.map(ruleKey));
    const gone = new Set(rules.map(ruleKey));
    if (rules.some((rule) => !present.has(ruleKey(rule)))) {
      const detail = 'The specified rule does not exist in this security group.';
      throw new Ec2Error('InvalidPermission.NotFound', detail);
    }
    group.rules = group.rules.filter((rule) => !gone.has(ruleKey(rule)));
  }
}

/** Two rules are the same if all but their descriptions is. */
function ruleKey({ source, protocol, fromPort, toPort }: Rule): string {
  const peer = 'cidr' in source ? source.cidr : source.groupId;
  return `peer: ${peer}, ${protocol.toUpperCase()}, from port: ${fromPort ?? '-'}, to port: ${toPort ?? '-'}, ALLOW`;
}
