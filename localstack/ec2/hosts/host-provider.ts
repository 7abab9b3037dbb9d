import type { AwsFault, HostChange, HostOutcome } from './host-control.ts';
import type { MetadataSource } from './metadata.ts';

/** How a host ends: as an operating system shuts down, or as if the power went. */
export type EndMode = 'graceful' | 'immediate';

/** What a host is made from. */
export interface HostSpec {
  instanceId: string;
  /** What its type has. */
  resources: { vCpus: number; memoryMiB: number };
  /** Decoded; begins with `#!`. */
  userData: Buffer | undefined;
  /** What the instance metadata service answers; asked anew for every request. */
  metadata: MetadataSource;
  /** The host asks for its own end (`shutdown` ran on it). May be called more than once. */
  onShutdown: () => void;
}

/** What may come in to a host, from the rules of its security groups. */
export interface IngressRule {
  /** `tcp`, `udp`, `icmp`, or `-1` for all. */
  protocol: string;
  /** Of ICMP its type; -1 for all. */
  fromPort: number | undefined;
  toPort: number | undefined;
  /** IPv4 addresses and ranges. */
  sources: readonly string[];
}

/** The machine behind one instance. */
export interface Host {
  /** Its private address, known before it boots. */
  readonly address: string;
  readonly macAddress: string;
  /** Boot: run the user data. Gives back as soon as it runs; the user data's own failure is no error. */
  start(): Promise<void>;
  /** The end of what the host wrote to its console, also after it ended: 64 KiB at most. */
  console(): Promise<Buffer>;
  /**
   * End every process of the host, then remove everything it had but its console log. Calling it again waits for the
   * same end; `immediate` during a graceful one hurries it.
   *
   * @throws FanfleetError `HOST_NOT_ENDED` if something of it could not be ended
   */
  end(mode: EndMode): Promise<void>;
  /** Remove the console log too. */
  forget(): Promise<void>;
  /** Change it from outside, for tests; missing where that cannot be done. */
  control?(change: HostChange): Promise<HostOutcome>;
}

/** Where hosts come from: processes, network namespaces or anything else that boots from user data. */
export interface HostProvider {
  readonly kind: 'processes' | 'namespaces';
  /** The network that the hosts' addresses are in. */
  readonly cidrBlock: string;
  /** End the hosts that an endpoint that died has left behind; gives their instance ids. */
  cleanUp(): Promise<string[]>;
  /** A new host with its address and metadata service, not booted yet. */
  create(spec: HostSpec): Promise<Host>;
  /** Let in to each host what these rules allow, and nothing else; missing where that is not enforced. */
  enforce?(rules: ReadonlyMap<string, readonly IngressRule[]>): Promise<void>;
  /** Make the calls of hosts to AWS fail; missing where they go there by themselves. */
  setAwsFault?(fault: AwsFault): void;
  /** Give up what the provider itself holds. All hosts must have ended. */
  close(): Promise<void>;
}
