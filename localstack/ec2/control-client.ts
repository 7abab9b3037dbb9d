import type { AwsFault, HostChange, HostOutcome } from './hosts/host-control.ts';

/** The controls of an EC2 endpoint: what a test does to hosts and their network from outside. */
export function hostControl(endpointUrl: string) {
  const post = async (target: string, body: object): Promise<HostOutcome> => {
    const answer = await fetch(`${endpointUrl}/_control/${target}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    const outcome = (await answer.json()) as HostOutcome & { error?: { code: string; message: string } };
    if (answer.ok) return outcome;
    throw new Error(`${outcome.error?.code}: ${outcome.error?.message}`);
  };
  return {
    /** Change the wire, the limits, or several of them at once. */
    change: (instanceId: string, change: HostChange) => post(instanceId, change),
    /** Cut the wire, or mend it: nobody is told. */
    link: (instanceId: string, link: 'up' | 'down') => post(instanceId, { link }),
    /** @param bandwidth such as `10mbit`, or null for no limit */
    bandwidth: (instanceId: string, bandwidth: string | null) => post(instanceId, { bandwidth }),
    cpus: (instanceId: string, cpus: number) => post(instanceId, { cpus }),
    /** Hold its calls to AWS whose path matches, or (null) let them go. */
    hold: (instanceId: string, paths: RegExp | null) => post(instanceId, { hold: paths?.source ?? null }),
    memory: (instanceId: string, memoryMiB: number) => post(instanceId, { memoryMiB }),
    /**
     * Send a signal to the processes whose command line matches.
     *
     * @returns their numbers as the host sees them
     */
    kill: async (instanceId: string, pattern: RegExp, signal: HostChange['signal'] = 'KILL') =>
      (await post(instanceId, { kill: pattern.source, signal })).killed ?? [],
    /** Cut the wire, then the power: the instance ends, and no other host is told. */
    vanish: (instanceId: string) => post(instanceId, { vanish: true }),
    /** Tell a Spot instance that it has two minutes. */
    spotNotice: (instanceId: string) => post(instanceId, { spotNotice: true }),
    /** Make the calls of all hosts to AWS fail, or (null) work again. */
    aws: (fault: AwsFault['fault'], seconds = 3_600) => post('aws', { fault, seconds }),
  };
}
