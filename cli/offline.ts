import { type Deployed, deployedParams, deployOffline } from '../localstack/deploy.ts';
import { type ChosenHosts, chooseHosts } from '../localstack/ec2/hosts/open-hosts.ts';
import {
  awsVariables,
  CREDENTIALS,
  down,
  type OfflineState,
  REGION,
  readState,
  up,
} from '../localstack/offline.ts';
import { FanfleetError } from '../src/errors.ts';
import { type Shell, withoutAws } from './shell.ts';

/** Where all of the offline AWS is kept. */
type Home = { readonly home: string };

/** Start the offline AWS with the settings of the environment, or find it running. */
export async function startOffline(
  { root, home, shell }: Home & { readonly root: string; readonly shell: Shell },
  { port, ec2Port }: { readonly port?: number | undefined; readonly ec2Port?: number | undefined },
) {
  const state = await up({
    root,
    home,
    port: port ?? shell.FANFLEET_PORT,
    ec2Port: ec2Port ?? shell.FANFLEET_EC2_PORT,
    path: shell.PATH,
    hosts: {
      kind: shell.FANFLEET_HOSTS,
      cpus: shell.FANFLEET_HOST_CPUS,
      memoryMiB: shell.FANFLEET_HOST_MEMORY,
      image: shell.FANFLEET_HOST_IMAGE,
    },
    functionLimits: shell.FANFLEET_FUNCTION_LIMITS,
    accountConcurrency: shell.FANFLEET_ACCOUNT_CONCURRENCY,
  });
  return { ...state, variables: awsVariables(state) };
}

/** End the offline AWS with everything that it started. */
export function endOffline({ home }: Home): Promise<{ stopped: string[] }> {
  return down(home);
}

/** The state of the offline AWS where it is up, else nothing. */
export function offlineState({ home }: Home): Promise<OfflineState | undefined> {
  return readState(home);
}

/**
 * Deploy the stack to the offline AWS.
 *
 * @param params of the stack, each as `name=value`
 * @throws FanfleetError `NOT_UP`, `DEPLOY_FAILED`
 */
export async function deployStack(
  { root, home, signal }: Home & { readonly root: string; readonly signal: AbortSignal },
  params: readonly string[],
): Promise<Deployed> {
  return deployOffline({ root, home, state: await upState(home), params, env: withoutAws(), signal });
}

/** Deploy it again with the parameters that it has, e.g. since more is installed. @throws FanfleetError as `deployStack` */
export async function redeployStack(
  context: Home & { readonly root: string; readonly signal: AbortSignal },
): Promise<Deployed> {
  return deployStack(context, await deployedParams(context.home));
}

/**
 * Settings of a client of the offline AWS.
 *
 * @param service EC2 has an address of its own
 * @throws FanfleetError `NOT_UP`
 */
export async function offlineClient({ home }: Home, service: 'ec2' | 'other' = 'other') {
  const { port, ec2Port } = await upState(home);
  const endpoint = `http://127.0.0.1:${service === 'ec2' ? ec2Port : port}`;
  return { region: REGION, endpoint, credentials: CREDENTIALS };
}

/**
 * What hosts of the fleet would be on this machine.
 *
 * @throws FanfleetError `NO_NAMESPACES` if they are asked for and cannot be had
 */
export function offlineHosts({ shell }: { readonly shell: Shell }): Promise<ChosenHosts> {
  return chooseHosts(shell.FANFLEET_HOSTS);
}

async function upState(home: string): Promise<OfflineState> {
  const state = await readState(home);
  if (state !== undefined) return state;
  throw new FanfleetError('NOT_UP', 'Expected the offline AWS to be up but it is not; run `fanfleet up`.', {
    source: 'user',
  });
}
