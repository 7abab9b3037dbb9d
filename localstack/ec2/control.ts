import * as z from 'zod';
import type { Ec2Context } from './actions/action.ts';
import { Ec2Error } from './api/ec2-error.ts';
import { awsFaultSchema, type HostOutcome, hostChangeSchema } from './hosts/host-control.ts';
import { FanfleetError, parse } from './shared.ts';
import type { Instance } from './state/instance.ts';

/** Paths of the controls: what EC2 has not, for tests that make hosts and the network fail. */
export const CONTROL_PATH = '/_control/';

const instanceControlSchema = z.strictObject({
  ...hostChangeSchema.shape,
  /** Cut its wire, then cut its power: no other host is told that it went. */
  vanish: z.literal(true).optional(),
  /** Tell it that it will be taken back, as Spot instances are. */
  spotNotice: z.literal(true).optional(),
});

/**
 * Do what a call to a control asks for.
 *
 * @param path as in the request, such as `/_control/i-0123`
 * @returns what to answer
 * @throws FanfleetError `INVALID_INPUT`, `NO_SUCH_HOST`, `UNSUPPORTED_CONTROL`
 */
export async function control(path: string, body: string, context: Ec2Context): Promise<HostOutcome> {
  const target = path.slice(CONTROL_PATH.length);
  const input = parseJson(body);
  if (target === 'aws') {
    const fault = parse(awsFaultSchema, input, 'The control of AWS');
    if (context.hosts.setAwsFault === undefined) throw unsupported('faults of AWS');
    context.hosts.setAwsFault(fault);
    return {};
  }
  const { vanish, spotNotice, ...change } = parse(instanceControlSchema, input, 'The control of a host');
  const instance = context.instances.find(target);
  if (instance === undefined) {
    throw new FanfleetError('NO_SUCH_HOST', `Expected the id of an instance but received ${target}.`, {
      source: 'user',
    });
  }
  if (spotNotice) instance.interrupt(context.now() + context.delays.spotNoticeMs);
  const outcome = Object.keys(change).length === 0 ? {} : await changeHost(instance, change);
  if (vanish) await vanishHost(instance);
  return outcome;
}

/** The status of the answer to a control that failed. */
export function controlStatus(reason: unknown): number {
  if (reason instanceof Ec2Error) return reason.status;
  const { code } = FanfleetError.from(reason);
  if (code === 'NO_SUCH_HOST') return 404;
  if (code === 'INVALID_INPUT') return 400;
  return code === 'UNSUPPORTED_CONTROL' ? 409 : 500;
}

function changeHost({ host }: Instance, change: z.infer<typeof hostChangeSchema>): Promise<HostOutcome> {
  if (host.control === undefined) throw unsupported(Object.keys(change).join(', '));
  return host.control(change);
}

async function vanishHost(instance: Instance): Promise<void> {
  await changeHost(instance, { link: 'down' });
  const code = 'Server.InternalError';
  instance.terminate('immediate', { code, message: `${code}: The host vanished` });
}

function unsupported(what: string): FanfleetError {
  return new FanfleetError(
    'UNSUPPORTED_CONTROL',
    `Expected hosts in namespaces for ${what} but they are groups of processes: start the endpoint with --hosts namespaces, as root on Linux.`,
    { source: 'user' },
  );
}

function parseJson(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch (cause) {
    throw new FanfleetError('INVALID_INPUT', 'Expected JSON but the body is not.', { cause, source: 'user' });
  }
}
