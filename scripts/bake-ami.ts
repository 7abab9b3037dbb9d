/**
 * Make a machine image with the engines of fanfleet in it, so that a fleet boots in seconds and fetches no packages:
 *
 * node scripts/bake-ami.ts --stage prod --instance-type t4g.medium     Graviton; t3.medium for x86
 * npx sls deploy --stage prod --param="amiParameter=/fanfleet-images/prod/{architecture}"
 *
 * The stack must be deployed. Takes about ten minutes of an instance; make it anew when uv.lock changes, else the fleet
 * installs its packages as before.
 */
import { argv, stdout } from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { CloudFormationClient, DescribeStacksCommand } from '@aws-sdk/client-cloudformation';
import { EC2Client } from '@aws-sdk/client-ec2';
import { S3Client } from '@aws-sdk/client-s3';
import { SSMClient } from '@aws-sdk/client-ssm';
import { bakeImage, imageParameter } from '../src/fleet/bake-image.ts';
import { readBootScript } from '../src/fleet/boot-script.ts';
import { packBundle } from '../src/fleet/bundle.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const UBUNTU = '/aws/service/canonical/ubuntu/server/24.04/stable/current/{architecture}/hvm/ebs-gp3/ami-id';

const { values } = parseArgs({
  args: argv.slice(2),
  options: {
    stage: { type: 'string', default: 'dev' },
    'instance-type': { type: 'string', default: 't3.medium' },
    'base-parameter': { type: 'string', default: UBUNTU },
  },
});
const { stage } = values;
const cloudFormation = new CloudFormationClient();
const region = await cloudFormation.config.region();
const { Stacks: [stack] = [] } = await cloudFormation.send(
  new DescribeStacksCommand({ StackName: `fanfleet-${stage}` }),
);

function output(key: string): string {
  const value = stack?.Outputs?.find(({ OutputKey }) => OutputKey === key)?.OutputValue;
  if (value !== undefined) return value;
  throw new Error(`Expected the stack fanfleet-${stage} to have the output ${key}; deploy it anew.`);
}

const subnets = output('FleetSubnets');
const baked = await bakeImage({
  ec2: new EC2Client({ region }),
  s3: new S3Client({ region }),
  ssm: new SSMClient({ region }),
  stage,
  region,
  endpoint: undefined,
  runsBucket: output('RunsBucket'),
  instanceProfile: output('FleetInstanceProfile'),
  subnets: subnets === 'default' ? subnets : subnets.split(','),
  instanceType: values['instance-type'],
  baseParameter: values['base-parameter'],
  bundle: await packBundle(ROOT),
  script: await readBootScript(ROOT, 'image'),
  now: Date.now(),
  pollS: 15,
  sleep,
});
stdout.write(
  `${baked.imageId} is in ${baked.parameter}. Deploy with --param="amiParameter=${imageParameter(stage)}".\n`,
);
