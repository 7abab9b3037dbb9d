import { setTimeout as wait } from 'node:timers/promises';
import { Ec2Error } from '../api/ec2-error.ts';
import type { InstanceType } from '../api/instance-types.ts';
import type { EndMode, Host } from '../hosts/host-provider.ts';
import type { Market } from './capacity.ts';
import type { Subnet } from './network.ts';

export type StateName = 'pending' | 'running' | 'shutting-down' | 'terminated' | 'stopping' | 'stopped';

/** How long the changes of state take at least. */
export interface Delays {
  /** From `pending` to the boot of the host. */
  pendingMs: number;
  /** From `shutting-down` to `terminated`. */
  shuttingDownMs: number;
  /** From CreateImage until the image can be used. */
  imageMs: number;
  /** From the notice to a Spot instance until it is terminated. */
  spotNoticeMs: number;
}

export interface MetadataOptions {
  httpTokens: 'required' | 'optional';
  httpEndpoint: 'enabled' | 'disabled';
  httpPutResponseHopLimit: number;
  instanceMetadataTags: 'enabled' | 'disabled';
}

export interface BlockDevice {
  deviceName: string;
  volumeId: string;
  deleteOnTermination: boolean;
}

/** What an instance was launched as. */
export interface InstanceSpec {
  id: string;
  /** Its place in the order of all launches. */
  sequence: number;
  reservationId: string;
  launchIndex: number;
  launchTime: Date;
  imageId: string;
  type: InstanceType;
  market: Market;
  /** Of a Spot instance: its request. */
  spotRequestId: string | undefined;
  subnet: Subnet;
  clientToken: string | undefined;
  groupIds: readonly string[];
  networkInterfaceId: string;
  profile: { name: string; arn: string; id: string } | undefined;
  metadataOptions: MetadataOptions;
  blockDevices: readonly BlockDevice[];
  shutdownBehavior: 'stop' | 'terminate';
  userData: Buffer | undefined;
}

export interface StateReason {
  code: string;
  message: string;
}

/** An instance and the host behind it, from `pending` to `terminated`. */
export class Instance {
  readonly spec: InstanceSpec;
  readonly host: Host;
  readonly tags: Map<string, string>;
  state: StateName = 'pending';
  stateReason: StateReason | undefined;
  /** When it became `terminated`, epoch ms. */
  terminatedAt: number | undefined;
  /** When EC2 will take a Spot instance back, once it has said so; epoch ms. */
  interruptedAt: number | undefined;
  readonly #delays: Delays;
  readonly #now: () => number;
  readonly #notify: (message: string) => void;
  readonly #hurry = new AbortController();
  #boot: Promise<void> = Promise.resolve();
  #end: Promise<void> | undefined;
  #final: 'terminated' | 'stopped' = 'terminated';

  constructor(
    spec: InstanceSpec,
    host: Host,
    tags: Map<string, string>,
    context: { delays: Delays; now: () => number; notify: (message: string) => void },
  ) {
    this.spec = spec;
    this.host = host;
    this.tags = tags;
    this.#delays = context.delays;
    this.#now = context.now;
    this.#notify = context.notify;
  }

  get id(): string {
    return this.spec.id;
  }

  /** Boot in the background. A host that cannot be booted ends the instance, as in EC2. */
  boot(): void {
    this.#boot = this.#bootHost();
    this.#boot.catch((reason) => {
      this.#notify(`${this.id} could not be booted: ${describe(reason)}`);
      const code = 'Server.InternalError';
      this.#finish('terminated', 'immediate', { code, message: `${code}: ${describe(reason)}` });
    });
  }

  /** End it for good. Does nothing where that is under way or done, but `immediate` hurries it. */
  terminate(mode: EndMode, reason: StateReason): void {
    this.#finish('terminated', mode, reason);
  }

  /**
   * EC2 takes a Spot instance back: from now on its metadata service says so, and at the given time it is terminated.
   * EC2 gives two minutes. A second notice changes nothing.
   *
   * @param at epoch milliseconds
   * @throws Ec2Error `UnsupportedOperation` for an On-Demand instance, `IncorrectInstanceState` for one that has ended
   */
  interrupt(at: number): void {
    if (this.spec.market !== 'spot') {
      throw new Ec2Error('UnsupportedOperation', `${this.id} is no Spot instance: it cannot be interrupted.`);
    }
    if (this.#end !== undefined) {
      throw new Ec2Error('IncorrectInstanceState', `${this.id} is ${this.state}: it cannot be interrupted.`);
    }
    if (this.interruptedAt !== undefined) return;
    this.interruptedAt = at;
    const code = 'Server.SpotInstanceTermination';
    const message = `${code}: Instance terminated due to interruption of its Spot request`;
    void wait(Math.max(0, at - this.#now()), undefined, { signal: this.#hurry.signal, ref: false }).then(
      () => this.#finish('terminated', 'graceful', { code, message }),
      // It has ended before.
      () => undefined,
    );
  }

  /** Its own operating system shut down. */
  shutDown(): void {
    const code = 'Client.InstanceInitiatedShutdown';
    const final = this.spec.shutdownBehavior === 'terminate' ? 'terminated' : 'stopped';
    if (this.#end === undefined) {
      this.#finish(final, 'graceful', { code, message: `${code}: Instance initiated shutdown` });
    }
  }

  /** Once the boot and the end that are under way, if any, are done. */
  async settled(): Promise<void> {
    await this.#boot.catch(() => undefined);
    await this.#end;
  }

  async #bootHost(): Promise<void> {
    await wait(this.#delays.pendingMs, undefined, { signal: this.#hurry.signal }).catch(() => undefined);
    if (this.state !== 'pending') return;
    await this.host.start();
    if (this.state === 'pending') this.state = 'running';
  }

  #finish(final: 'terminated' | 'stopped', mode: EndMode, reason: StateReason): void {
    if (this.state === 'terminated') return;
    if (this.#end !== undefined) {
      this.#final = final;
      this.state = this.state === 'stopped' ? this.#terminated() : 'shutting-down';
      // A failure is told by the end that is under way.
      if (mode === 'immediate') this.host.end(mode).catch(() => undefined);
      return;
    }
    this.#final = final;
    this.state = final === 'terminated' ? 'shutting-down' : 'stopping';
    this.stateReason = reason;
    this.#hurry.abort();
    this.#end = this.#endHost(mode);
  }

  async #endHost(mode: EndMode): Promise<void> {
    await this.#boot.catch(() => undefined);
    try {
      await Promise.all([this.host.end(mode), wait(this.#delays.shuttingDownMs)]);
      this.state = this.#final === 'terminated' ? this.#terminated() : 'stopped';
    } catch (reason) {
      this.#notify(`${this.id} could not be ended: ${describe(reason)}`);
    }
  }

  #terminated(): 'terminated' {
    this.terminatedAt = this.#now();
    return 'terminated';
  }
}

function describe(reason: unknown): string {
  return reason instanceof Error ? reason.message : String(reason);
}
