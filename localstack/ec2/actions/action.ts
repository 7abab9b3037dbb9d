import type { z } from 'zod';
import { parseInput } from '../api/input.ts';
import type { QueryRequest } from '../api/query.ts';
import type { XmlValue } from '../api/xml.ts';
import type { HostProvider } from '../hosts/host-provider.ts';
import type { AccessKeys } from '../state/access-keys.ts';
import type { CapacityOf } from '../state/capacity.ts';
import type { ClientTokens } from '../state/client-tokens.ts';
import type { Images } from '../state/images.ts';
import type { Delays, Instance } from '../state/instance.ts';
import type { Instances } from '../state/instances.ts';
import type { LaunchTemplate, LaunchTemplates } from '../state/launch-templates.ts';
import type { Network } from '../state/network.ts';
import type { SecurityGroups } from '../state/security-groups.ts';

/** What the actions work on. */
export interface Ec2Context {
  network: Network;
  instances: Instances;
  groups: SecurityGroups;
  images: Images;
  templates: LaunchTemplates;
  /** The calls that a ClientToken may repeat: RunInstances, CreateFleet and CreateLaunchTemplate. */
  launches: ClientTokens<Instance[]>;
  fleetTokens: ClientTokens<Answer>;
  templateTokens: ClientTokens<LaunchTemplate>;
  hosts: HostProvider;
  delays: Delays;
  maxInstances: number;
  capacityOf: CapacityOf;
  keys: AccessKeys;
  now: () => number;
  /** Told what goes wrong behind an answer that was given already. */
  notify: (message: string) => void;
}

export type Answer = { readonly [name: string]: XmlValue };

/** One action of the API: checks its parameters and does it. */
export type Action = (parameters: QueryRequest['parameters'], context: Ec2Context) => Promise<Answer>;

/** An action from the schema of its input and what it does with it. */
export function action<S extends z.ZodType>(
  input: S,
  run: (input: z.output<S>, context: Ec2Context) => Answer | Promise<Answer>,
): Action {
  return async (parameters, context) => run(parseInput(input, parameters), context);
}
