import { parseArgs } from 'node:util';
import * as z from 'zod';
import { rate } from './hosts/host-control.ts';
import { HOST_KINDS } from './hosts/open-hosts.ts';
import { startEc2Endpoint } from './server.ts';
import { FanfleetError, parse } from './shared.ts';
import { ssmParameters } from './ssm-parameters.ts';
import { capacityFrom } from './state/capacity.ts';

const USAGE = `Usage: node localstack/ec2/main.ts [options]

  --port N                 on 127.0.0.1 (4577)
  --state-dir DIR          records of living hosts and their console logs (.fanfleet/ec2)
  --hosts KIND             namespaces, processes, or auto: namespaces where this is root on Linux (auto)
  --host-env NAME=VALUE    added to the environment of every host; may be given again
  --region NAME            (us-east-1)
  --addressing KIND        addresses or ports (what the machine offers)
  --metadata-port N        of the metadata services (1338)
  --temporary-folder DIR   where hosts have their folders; must be short (/tmp)
  --pending-ms N           time in the state pending at least (0)
  --shutting-down-ms N     time in the state shutting-down at least (0)
  --grace-ms N             from SIGTERM to SIGKILL when a host ends (2000)
  --spot-notice-ms N       from the notice to a Spot instance to its end (120000)
  --capacity RULE          instances that a pool has room for, such as spot:t3.medium@us-east-1a=0 (any number);
                           may be given again, the first that fits counts

Of hosts in namespaces:
  --aws-url URL            the emulator, which they reach at http://10.77.0.2:4566 (none); the SSM parameters
                           that name images are read there
  --host-root DIR          lowest layer of their file system (/)
  --host-mount DIR         seen by them at the same path, read-only; may be given again
  --host-cpus N            cores of each, such as 0.4 (those of its type)
  --host-memory MIB        of each (that of its type)
  --host-bandwidth RATE    of each, such as 100mbit (no limit)
  --host-internet          they reach the internet, to install packages
`;

const port = z.coerce.number().int().min(0).max(65_535);
const folder = z.string().startsWith('/');
const milliseconds = z.coerce.number().int().min(0).max(3_600_000);

const flags = z.strictObject({
  port: port.optional(),
  'state-dir': z.string().min(1).default('.fanfleet/ec2'),
  'host-env': z.array(z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*=/, 'NAME=VALUE')).default([]),
  region: z
    .string()
    .regex(/^[a-z]{2}(-[a-z]+)+-[0-9]$/, 'the name of a region')
    .optional(),
  addressing: z.enum(['addresses', 'ports']).optional(),
  'metadata-port': port.min(1).max(65_000).optional(),
  'temporary-folder': z.string().startsWith('/').optional(),
  'pending-ms': milliseconds.default(0),
  'shutting-down-ms': milliseconds.default(0),
  'grace-ms': milliseconds.optional(),
  'spot-notice-ms': milliseconds.optional(),
  capacity: z.array(z.string()).default([]),
  hosts: z.enum(HOST_KINDS).default('auto'),
  'aws-url': z.url({ protocol: /^http$/ }).optional(),
  'host-root': folder.optional(),
  'host-mount': z.array(folder).default([]),
  'host-cpus': z.coerce.number().min(0.05).max(1_024).optional(),
  'host-memory': z.coerce.number().int().min(16).max(16_777_216).optional(),
  'host-bandwidth': rate.optional(),
  'host-internet': z.boolean().default(false),
});

/** Run the endpoint until SIGTERM or SIGINT; then end all hosts. Exit code 0, or 2 for wrong usage, or 1. */
async function main(): Promise<void> {
  const options = readFlags(process.argv.slice(2));
  const notify = (message: string) => process.stderr.write(`ec2: ${message}\n`);
  const stopped = new Promise<void>((resolve) => {
    // Listened to from the beginning, and by every one: a second Ctrl-C must not leave hosts behind.
    for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, () => resolve());
  });
  const endpoint = await startEc2Endpoint({ ...options, notify });
  if (endpoint.cleaned.length > 0) {
    notify(`ended ${endpoint.cleaned.join(', ')}, left by an endpoint that had died`);
  }
  notify(`hosts are ${endpoint.hosts}`);
  process.stdout.write(`EC2 endpoint ready at ${endpoint.url}\n`);
  await stopped;
  await endpoint.close();
}

function readFlags(args: string[]) {
  const text = { type: 'string' } as const;
  const { values } = parseArgs({
    args,
    options: {
      port: text,
      'state-dir': text,
      'host-env': { type: 'string', multiple: true },
      region: text,
      addressing: text,
      'metadata-port': text,
      'temporary-folder': text,
      'pending-ms': text,
      'shutting-down-ms': text,
      'grace-ms': text,
      'spot-notice-ms': text,
      capacity: { type: 'string', multiple: true },
      hosts: text,
      'aws-url': text,
      'host-root': text,
      'host-mount': { type: 'string', multiple: true },
      'host-cpus': text,
      'host-memory': text,
      'host-bandwidth': text,
      'host-internet': { type: 'boolean' },
    },
  });
  const given = parse(flags, values, 'The command line');
  return {
    stateDir: given['state-dir'],
    environment: Object.fromEntries(given['host-env'].map(splitAtEquals)),
    delays: {
      pendingMs: given['pending-ms'],
      shuttingDownMs: given['shutting-down-ms'],
      ...(given['spot-notice-ms'] === undefined ? {} : { spotNoticeMs: given['spot-notice-ms'] }),
    },
    capacityOf: capacityFrom(given.capacity),
    ...(given.port === undefined ? {} : { port: given.port }),
    ...(given.region === undefined ? {} : { region: given.region }),
    ...(given.addressing === undefined ? {} : { addressing: given.addressing }),
    ...(given['metadata-port'] === undefined ? {} : { metadataPort: given['metadata-port'] }),
    ...(given['temporary-folder'] === undefined ? {} : { temporaryFolder: given['temporary-folder'] }),
    ...(given['grace-ms'] === undefined ? {} : { graceMs: given['grace-ms'] }),
    hostKind: given.hosts,
    ...(given['aws-url'] === undefined
      ? {}
      : {
          awsUrl: given['aws-url'],
          readParameter: ssmParameters(given['aws-url'], given.region ?? 'us-east-1'),
        }),
    ...(given['host-root'] === undefined ? {} : { hostRoot: given['host-root'] }),
    hostMounts: given['host-mount'],
    ...(given['host-cpus'] === undefined ? {} : { hostCpus: given['host-cpus'] }),
    ...(given['host-memory'] === undefined ? {} : { hostMemoryMiB: given['host-memory'] }),
    ...(given['host-bandwidth'] === undefined ? {} : { hostBandwidth: given['host-bandwidth'] }),
    hostInternet: given['host-internet'],
  };
}

function splitAtEquals(pair: string): [string, string] {
  const at = pair.indexOf('=');
  return [pair.slice(0, at), pair.slice(at + 1)];
}

// A reader that went away (a closed terminal) must not end the endpoint before its hosts.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);

try {
  if (process.argv.includes('--help')) process.stdout.write(USAGE);
  else await main();
  process.exitCode = 0;
} catch (reason) {
  const error = FanfleetError.from(reason);
  const usage = error.code === 'INVALID_INPUT' || reason instanceof TypeError;
  process.stderr.write(`${error.message}\n${usage ? `\n${USAGE}` : ''}`);
  process.exitCode = usage ? 2 : 1;
}
