import { randomBytes } from 'node:crypto';
import type { AccessKey } from '../api/signature.ts';

/** Temporary credentials of an instance's role. */
export interface RoleCredentials {
  accessKeyId: string;
  secretAccessKey: string;
  sessionToken: string;
  expiration: Date;
}

const LIFETIME_MS = 6 * 3_600_000;
/** The metadata service gives new credentials so long before the old ones end. SDKs ask again 5 to 15 minutes before. */
const RENEW_MS = 3_600_000;

/** The keys that calls may be signed with: those of users, which last, and the temporary ones of instances. */
export class AccessKeys {
  readonly #lasting: ReadonlyMap<string, AccessKey>;
  readonly #temporary = new Map<string, RoleCredentials>();
  readonly #current = new Map<string, RoleCredentials>();
  readonly #now: () => number;

  /** @param lasting secret access keys by access key id */
  constructor(lasting: Readonly<Record<string, string>>, now: () => number) {
    this.#lasting = new Map(
      Object.entries(lasting).map(([id, secretAccessKey]) => [id, { secretAccessKey }]),
    );
    this.#now = now;
  }

  find(accessKeyId: string): AccessKey | undefined {
    return this.#lasting.get(accessKeyId) ?? this.#temporary.get(accessKeyId);
  }

  /** The credentials of an instance: the same ones until they have to be renewed. */
  ofInstance(instanceId: string): RoleCredentials {
    const now = this.#now();
    const current = this.#current.get(instanceId);
    if (current !== undefined && current.expiration.getTime() - now > RENEW_MS) return current;
    const credentials: RoleCredentials = {
      accessKeyId: `ASIA${randomBytes(8).toString('hex').toUpperCase()}`,
      secretAccessKey: randomBytes(30).toString('base64'),
      sessionToken: randomBytes(96).toString('base64'),
      expiration: new Date(now + LIFETIME_MS),
    };
    this.#current.set(instanceId, credentials);
    this.#temporary.set(credentials.accessKeyId, credentials);
    return credentials;
  }

  /** An instance is gone: its keys are worth nothing from now on. */
  forget(instanceId: string): void {
    const current = this.#current.get(instanceId);
    this.#current.delete(instanceId);
    if (current !== undefined) this.#temporary.delete(current.accessKeyId);
  }
}
