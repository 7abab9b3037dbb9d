import * as z from 'zod';
import { Ec2Error } from '../api/ec2-error.ts';
import { applyFilters } from '../api/filters.ts';
import { common, filters, paging, tag } from '../api/input.ts';
import { paginate } from '../api/paging.ts';
import { type Action, action, type Ec2Context } from './action.ts';

const MAX_TAGS = 50;

export const createTags: Action = action(
  z.strictObject({ ...common, ResourceId: z.array(z.string()).min(1).max(1_000), Tag: z.array(tag).min(1) }),
  ({ ResourceId, Tag }, context) => {
    const targets = ResourceId.map((id) => tagsOf(id, context));
    for (const tags of targets) {
      if (new Set([...tags.keys(), ...Tag.map(({ Key }) => Key)]).size > MAX_TAGS) {
        throw new Ec2Error('TagLimitExceeded', `A resource can have at most ${MAX_TAGS} tags.`);
      }
    }
    for (const tags of targets) for (const { Key, Value } of Tag) tags.set(Key, Value);
    return { return: true };
  },
);

function tagsOf(id: string, { instances, groups, images, templates }: Ec2Context): Map<string, string> {
  if (id.startsWith('sg-')) return groups.get(id).tags;
  if (id.startsWith('ami-')) return images.get(id).tags;
  if (id.startsWith('lt-')) return templates.get({ LaunchTemplateId: id }).tags;
  const [instance] = id.startsWith('i-') ? instances.get([id]) : [];
  if (instance === undefined) throw new Ec2Error('InvalidID', `The ID '${id}' is not valid`);
  return instance.tags;
}

interface TagDescription {
  resourceId: string;
  resourceType: 'instance' | 'security-group' | 'image' | 'launch-template';
  key: string;
  value: string;
}

export const describeTags: Action = action(
  z.strictObject({ ...common, ...paging(5, 1_000), Filter: filters }),
  (request, { instances, groups, images, templates }) => {
    const all: TagDescription[] = [
      ...instances.all().flatMap(({ id, tags }) => describe(id, 'instance', tags)),
      ...groups.all().flatMap(({ id, tags }) => describe(id, 'security-group', tags)),
      ...images.all().flatMap(({ id, tags }) => describe(id, 'image', tags)),
      ...templates.all().flatMap(({ id, tags }) => describe(id, 'launch-template', tags)),
    ];
    const found = applyFilters(all, request.Filter, {
      'resource-id': ({ resourceId }) => [resourceId],
      'resource-type': ({ resourceType }) => [resourceType],
      key: ({ key }) => [key],
      value: ({ value }) => [value],
    });
    const sortKey = ({ resourceId, key }: TagDescription) => `${resourceId} ${key}`;
    found.sort((a, b) => (sortKey(a) < sortKey(b) ? -1 : 1));
    const { items, nextToken } = paginate(found, sortKey, 'DescribeTags', request);
    return { tagSet: items.map((item) => ({ ...item })), nextToken };
  },
);

function describe(
  resourceId: string,
  resourceType: TagDescription['resourceType'],
  tags: ReadonlyMap<string, string>,
): TagDescription[] {
  return [...tags].map(([key, value]) => ({ resourceId, resourceType, key, value }));
}
