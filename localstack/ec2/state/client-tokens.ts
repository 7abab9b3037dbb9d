import { createHash } from 'node:crypto';
import { Ec2Error } from '../api/ec2-error.ts';

interface Earlier<T> {
  fingerprint: string;
  result: Promise<T>;
}

/** Calls of one kind that a client token may repeat. */
export class ClientTokens<T> {
  readonly #earlier = new Map<string, Earlier<T>>();

  /**
   * Do it once per token: the same token with the same parameters gives the same result, also while the first call is
   * under way. A call that failed may be tried again.
   *
   * @throws Ec2Error `IdempotentParameterMismatch`
   */
  once({ ClientToken, ...others }: { ClientToken?: string | undefined }, work: () => Promise<T>): Promise<T> {
    if (ClientToken === undefined) return work();
    const fingerprint = createHash('sha256').update(JSON.stringify(others)).digest('hex');
    const earlier = this.#earlier.get(ClientToken);
    if (earlier === undefined) {
      const result = work();
      this.#earlier.set(ClientToken, { fingerprint, result });
      result.catch(() => this.#earlier.delete(ClientToken));
      return result;
    }
    if (earlier.fingerprint === fingerprint) return earlier.result;
    throw new Ec2Error(
      'IdempotentParameterMismatch',
      'Arguments on this idempotent request are inconsistent with arguments used in previous request(s).',
    );
  }

  forget(token: string): void {
    this.#earlier.delete(token);
  }
}
