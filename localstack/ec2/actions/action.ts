import type { z } from 'zod';
import { parseInput } from '../api/input.ts';
import type { QueryRequest } from '../api/query.ts';
import type { XmlValue } from '../api/xml.ts';
import type { HostProvider } from '../hosts/host-provider.ts';
import type { Delays } from '../state/instance.ts';
import type { RoleCredentials } from '../state/instance-metadata.ts';
import type { Instances } from '../state/instances.ts';
import type { Network } from '../state/network.ts';
import type { SecurityGroups } from '../state/security-groups.ts';

/** What the actions work on. */
export interface Ec2Context {
  network: Network;
  instances: Instances;
  groups: SecurityGroups;
  hosts: HostProvider;
  delays: Delays;
  maxInstances: number;
  credentials: (roleName: string) => RoleCredentials;
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
