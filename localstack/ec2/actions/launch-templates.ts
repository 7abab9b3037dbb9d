import * as z from 'zod';
import { applyFilters } from '../api/filters.ts';
import { newId } from '../api/ids.ts';
import { clientToken, common, filters, paging, tagSpecifications } from '../api/input.ts';
import { launchShape } from '../api/launch-data.ts';
import { paginate } from '../api/paging.ts';
import type { LaunchTemplate } from '../state/launch-templates.ts';
import { type Action, action, type Ec2Context } from './action.ts';
import { tagMap, tagSet } from './views.ts';

const name = z
  .string()
  .min(3)
  .max(128)
  .regex(/^[a-zA-Z0-9().\-/_]+$/);

/** The data is checked for its form here, and for what it names when something is launched, as in EC2. */
export const createLaunchTemplate: Action = action(
  z.strictObject({
    ...common,
    LaunchTemplateName: name,
    VersionDescription: z.string().max(255).optional(),
    ClientToken: clientToken,
    LaunchTemplateData: z.strictObject(launchShape),
    TagSpecification: tagSpecifications,
  }),
  async (request, context) => {
    const template = await context.templateTokens.once(request, async () => {
      const tags = request.TagSpecification.filter(({ ResourceType }) => ResourceType === 'launch-template');
      const created: LaunchTemplate = {
        id: newId('lt'),
        name: request.LaunchTemplateName,
        createdAt: new Date(context.now()),
        data: request.LaunchTemplateData,
        tags: tagMap(tags.flatMap(({ Tag }) => Tag)),
      };
      context.templates.add(created);
      return created;
    });
    return { launchTemplate: templateView(template, context) };
  },
);

export const deleteLaunchTemplate: Action = action(
  z.strictObject({
    ...common,
    LaunchTemplateId: z.string().optional(),
    LaunchTemplateName: z.string().optional(),
  }),
  (request, context) => {
    const template = context.templates.get(request);
    context.templates.delete(template);
    return { launchTemplate: templateView(template, context) };
  },
);

export const describeLaunchTemplates: Action = action(
  z.strictObject({
    ...common,
    ...paging(1, 200),
    LaunchTemplateId: z.array(z.string()).max(200).default([]),
    LaunchTemplateName: z.array(z.string()).max(200).default([]),
    Filter: filters,
  }),
  (request, context) => {
    const { templates } = context;
    const named = [
      ...request.LaunchTemplateId.map((LaunchTemplateId) => templates.get({ LaunchTemplateId })),
      ...request.LaunchTemplateName.map((LaunchTemplateName) => templates.get({ LaunchTemplateName })),
    ];
    const chosen =
      named.length > 0 ? templates.all().filter((each) => named.includes(each)) : templates.all();
    const found = applyFilters<LaunchTemplate>(
      chosen,
      request.Filter,
      {
        'launch-template-name': (template) => [template.name],
        'create-time': ({ createdAt }) => [createdAt.toISOString()],
      },
      ({ tags }) => tags,
    );
    const { items, nextToken } = paginate(found, ({ id }) => id, 'DescribeLaunchTemplates', request);
    return { launchTemplates: items.map((template) => templateView(template, context)), nextToken };
  },
);

function templateView(template: LaunchTemplate, { network }: Ec2Context) {
  return {
    launchTemplateId: template.id,
    launchTemplateName: template.name,
    createTime: template.createdAt,
    createdBy: `arn:aws:iam::${network.ownerId}:root`,
    defaultVersionNumber: 1,
    latestVersionNumber: 1,
    tags: tagSet(template.tags),
  };
}
