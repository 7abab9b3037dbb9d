import * as z from 'zod';
import { Ec2Error } from '../api/ec2-error.ts';
import { clientToken, common, integerText } from '../api/input.ts';
import { launchShape } from '../api/launch-data.ts';
import { type Action, action } from './action.ts';
import { launchInstances } from './launch-instances.ts';
import { checkLaunch } from './launch-spec.ts';
import { instanceView } from './views.ts';

const input = z.strictObject({
  ...common,
  ...launchShape,
  ImageId: z.string(),
  InstanceType: z.string().default('m6i.large'),
  MinCount: integerText(1, 1_000),
  MaxCount: integerText(1, 1_000),
  ClientToken: clientToken,
  SubnetId: z.string().optional(),
});

export const runInstances: Action = action(input, async (request, context) => {
  const { MinCount, MaxCount, ClientToken } = request;
  // Checked inside: a launch that is only repeated must not fail because a group is gone by now.
  const instances = await context.launches.once(request, async () => {
    if (MinCount > MaxCount) {
      throw new Ec2Error('InvalidParameterValue', 'MinCount must not be greater than MaxCount.');
    }
    const spec = await checkLaunch(request, request.SubnetId, context);
    return launchInstances(spec, { least: MinCount, most: MaxCount, clientToken: ClientToken }, context);
  });
  return {
    reservationId: instances[0]?.spec.reservationId,
    ownerId: context.network.ownerId,
    groupSet: [],
    instancesSet: instances.map((instance) => instanceView(instance, context)),
  };
});
