import * as z from 'zod';
import { Ec2Error } from '../api/ec2-error.ts';
import { applyFilters } from '../api/filters.ts';
import { booleanText, common, filters, paging, tagSpecifications } from '../api/input.ts';
import { paginate } from '../api/paging.ts';
import type { Image } from '../state/images.ts';
import { type Action, action, type Ec2Context } from './action.ts';
import { tagMap, tagSet } from './views.ts';

const name = z
  .string()
  .min(3)
  .max(128)
  .regex(/^[A-Za-z0-9()[\] ./\-'@_]+$/);

const stateOf = ({ availableAt }: Image, now: number) => (availableAt > now ? 'pending' : 'available');

export const describeImages: Action = action(
  z.strictObject({
    ...common,
    ...paging(1, 1_000),
    ImageId: z.array(z.string()).max(1_000).default([]),
    Owner: z.array(z.string()).default([]),
    Filter: filters,
  }),
  (request, context) => {
    const { images, network, now } = context;
    const all = request.ImageId.length > 0 ? request.ImageId.map((id) => images.get(id)) : images.all();
    const owners = request.Owner.map((owner) => (owner === 'self' ? network.ownerId : owner));
    const chosen = all.filter(({ ownerId }) => owners.length === 0 || owners.includes(ownerId));
    const found = applyFilters<Image>(
      chosen,
      request.Filter,
      {
        'image-id': ({ id }) => [id],
        name: (image) => [image.name],
        architecture: ({ architecture }) => [architecture],
        state: (image) => [stateOf(image, now())],
        'owner-id': ({ ownerId }) => [ownerId],
        'is-public': (image) => [String(image.public)],
        'source-instance-id': ({ sourceInstanceId }) => [sourceInstanceId],
      },
      ({ tags }) => tags,
    );
    const { items, nextToken } = paginate(found, ({ id }) => id, 'DescribeImages', request);
    return { imagesSet: items.map((image) => imageView(image, now())), nextToken };
  },
);

function imageView(image: Image, now: number) {
  return {
    imageId: image.id,
    name: image.name,
    description: image.description,
    architecture: image.architecture,
    imageState: stateOf(image, now),
    imageOwnerId: image.ownerId,
    isPublic: image.public,
    creationDate: image.createdAt,
    imageType: 'machine',
    rootDeviceType: 'ebs',
    rootDeviceName: '/dev/sda1',
    virtualizationType: 'hvm',
    hypervisor: 'xen',
    enaSupport: true,
    sourceInstanceId: image.sourceInstanceId,
    tagSet: tagSet(image.tags),
  };
}

/** Of an instance that runs or is stopped. What is on its disk is not kept. */
export const createImage: Action = action(
  z.strictObject({
    ...common,
    InstanceId: z.string(),
    Name: name,
    Description: z.string().max(255).optional(),
    NoReboot: booleanText.optional(),
    TagSpecification: tagSpecifications,
  }),
  (request, context) => {
    const [instance] = context.instances.get([request.InstanceId]);
    if (instance === undefined || !['running', 'stopped'].includes(instance.state)) {
      const detail = `The instance '${request.InstanceId}' is not in the 'running' or 'stopped' state.`;
      throw new Ec2Error('IncorrectInstanceState', detail);
    }
    const now = context.now();
    const tags = request.TagSpecification.filter(({ ResourceType }) => ResourceType === 'image');
    const image = context.images.create({
      name: request.Name,
      description: request.Description ?? '',
      architecture: instance.spec.type.architecture,
      ownerId: context.network.ownerId,
      createdAt: new Date(now),
      availableAt: now + context.delays.imageMs,
      sourceInstanceId: instance.id,
      tags: tagMap(tags.flatMap(({ Tag }) => Tag)),
    });
    return { imageId: image.id };
  },
);

export const deregisterImage: Action = action(
  z.strictObject({ ...common, ImageId: z.string() }),
  ({ ImageId }, { images, network }: Ec2Context) => {
    images.deregister(ImageId, network.ownerId);
    return { return: true };
  },
);
