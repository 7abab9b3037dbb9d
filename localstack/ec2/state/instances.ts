import { Ec2Error } from '../api/ec2-error.ts';
import { checkInstanceId } from '../api/ids.ts';
import type { Instance } from './instance.ts';

/** How long a terminated instance can still be described, as in EC2. */
const TERMINATED_VISIBLE_MS = 3_600_000;

interface Launch {
  fingerprint: string;
  instances: Promise<Instance[]>;
}

/** The instances of the account, and the launches that a ClientToken may repeat. */
export class Instances {
  readonly #instances = new Map<string, Instance>();
  readonly #launches = new Map<string, Launch>();
  readonly #now: () => number;
  #sequence = 0;

  constructor(now: () => number) {
    this.#now = now;
  }

  nextSequence(): number {
    this.#sequence += 1;
    return this.#sequence;
  }

  add(instance: Instance): void {
    this.#instances.set(instance.id, instance);
  }

  /** In the order of their launches. */
  all(): Instance[] {
    this.#forgetOld();
    return [...this.#instances.values()];
  }

  live(): Instance[] {
    return this.all().filter(({ state }) => state !== 'terminated');
  }

  find(id: string): Instance | undefined {
    return this.#instances.get(id);
  }

  /** @throws Ec2Error `InvalidInstanceID.Malformed`, `InvalidInstanceID.NotFound` naming all that are missing */
  get(ids: readonly string[]): Instance[] {
    for (const id of ids) checkInstanceId(id);
    const missing = ids.filter((id) => !this.#instances.has(id));
    if (missing.length === 1) {
      throw new Ec2Error('InvalidInstanceID.NotFound', `The instance ID '${missing[0]}' does not exist`);
    }
    if (missing.length > 1) {
      const detail = `The instance IDs '${missing.join(', ')}' do not exist`;
      throw new Ec2Error('InvalidInstanceID.NotFound', detail);
    }
    return [...new Set(ids)].flatMap((id) => this.#instances.get(id) ?? []);
  }

  /**
   * Launch once per token: the same token with the same parameters gives the same instances, also while the first
   * launch is under way. A launch that failed may be tried again.
   *
   * @param fingerprint stands for all other parameters of the call
   * @throws Ec2Error `IdempotentParameterMismatch`
   */
  launchOnce(
    token: string | undefined,
    fingerprint: string,
    launch: () => Promise<Instance[]>,
  ): Promise<Instance[]> {
    if (token === undefined) return launch();
    const earlier = this.#launches.get(token);
    if (earlier === undefined) {
      const instances = launch();
      this.#launches.set(token, { fingerprint, instances });
      instances.catch(() => this.#launches.delete(token));
      return instances;
    }
    if (earlier.fingerprint === fingerprint) return earlier.instances;
    throw new Ec2Error(
      'IdempotentParameterMismatch',
      'Arguments on this idempotent request are inconsistent with arguments used in previous request(s).',
    );
  }

  #forgetOld(): void {
    const before = this.#now() - TERMINATED_VISIBLE_MS;
    for (const instance of this.#instances.values()) {
      if (instance.terminatedAt === undefined || instance.terminatedAt > before) continue;
      this.#instances.delete(instance.id);
      if (instance.spec.clientToken !== undefined) this.#launches.delete(instance.spec.clientToken);
      void instance.host.forget().catch(() => undefined);
    }
  }
}
