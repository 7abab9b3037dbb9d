import { Ec2Error } from '../api/ec2-error.ts';
import { checkInstanceId } from '../api/ids.ts';
import type { Instance } from './instance.ts';

/** How long a terminated instance can still be described, as in EC2. */
const TERMINATED_VISIBLE_MS = 3_600_000;

/** The instances of the account. */
export class Instances {
  readonly #instances = new Map<string, Instance>();
  readonly #now: () => number;
  readonly #onForgotten: (instance: Instance) => void;
  #sequence = 0;

  /** @param onForgotten told of each instance that can no longer be described */
  constructor(now: () => number, onForgotten: (instance: Instance) => void) {
    this.#now = now;
    this.#onForgotten = onForgotten;
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

  #forgetOld(): void {
    const before = this.#now() - TERMINATED_VISIBLE_MS;
    for (const instance of this.#instances.values()) {
      if (instance.terminatedAt === undefined || instance.terminatedAt > before) continue;
      this.#instances.delete(instance.id);
      this.#onForgotten(instance);
      void instance.host.forget().catch(() => undefined);
    }
  }
}
