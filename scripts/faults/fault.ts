import type { Instance } from '@aws-sdk/client-ec2';
import type { hostControl } from '../../localstack/ec2/control-client.ts';
import type { Engine } from '../../src/contract/engines.ts';
import type { WorkerState } from '../../src/fleet/worker-states.ts';
import type { RequestInput } from '../../src/run/request.ts';
import type { ConnectedStack } from '../own-stack/stack.ts';

/** A fleet in the middle of its work, and what can be done to it. */
export interface Scene {
  readonly stack: ConnectedStack;
  readonly control: ReturnType<typeof hostControl>;
  readonly engine: Engine;
  readonly head: Instance;
  /** The worker that the fault strikes. */
  readonly victim: Instance;
}

export interface Fault {
  /** For the command line. */
  readonly name: string;
  /** For people. */
  readonly title: string;
  /** Once all hosts are launched, or in the middle of the work. @default work */
  readonly strikes?: 'launch' | 'work';
  /** Whether it strikes all hosts of the stack, and not only those of the run. @default false */
  readonly strikesAll?: boolean;
  /** Cores of each worker while it works. @default 0.5, so that a fault meets work that is not done yet */
  readonly cpus?: number;
  /** Milliseconds that work is kept from the workers beyond the strike, for what is noticed later. @default 0 */
  readonly heldMs?: number;
  /** What the run needs for it. */
  readonly request?: Partial<RequestInput>;
  /** What becomes of the run. One that fails has to be whole once it is resumed. @default succeeds */
  readonly run?: 'succeeds' | 'fails';
  /** What the engine says of the victim in the end, where that is part of the fault. */
  readonly victimState?: WorkerState;
  strike(scene: Scene): Promise<void>;
}
