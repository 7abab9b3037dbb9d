import { Ec2Error } from '../api/ec2-error.ts';
import type { LaunchData } from '../api/launch-data.ts';

export interface LaunchTemplate {
  id: string;
  name: string;
  createdAt: Date;
  data: LaunchData;
  tags: Map<string, string>;
}

export interface TemplateReference {
  LaunchTemplateId?: string | undefined;
  LaunchTemplateName?: string | undefined;
}

/** The launch templates of the account. Each has one version, the first. */
export class LaunchTemplates {
  readonly #templates = new Map<string, LaunchTemplate>();

  all(): LaunchTemplate[] {
    return [...this.#templates.values()].sort((a, b) => (a.id < b.id ? -1 : 1));
  }

  /** @throws Ec2Error `InvalidLaunchTemplateName.AlreadyExistsException` */
  add(template: LaunchTemplate): void {
    if (this.all().some(({ name }) => name === template.name)) {
      throw new Ec2Error(
        'InvalidLaunchTemplateName.AlreadyExistsException',
        'Launch template name already in use.',
      );
    }
    this.#templates.set(template.id, template);
  }

  /** @throws Ec2Error `MissingParameter`, `InvalidLaunchTemplateId.NotFound`, `InvalidLaunchTemplateName.NotFoundException` */
  get({ LaunchTemplateId: id, LaunchTemplateName: name }: TemplateReference): LaunchTemplate {
    if ((id === undefined) === (name === undefined)) {
      throw new Ec2Error('MissingParameter', 'Expected one of LaunchTemplateId and LaunchTemplateName.');
    }
    const template =
      id === undefined ? this.all().find((each) => each.name === name) : this.#templates.get(id);
    if (template !== undefined) return template;
    const detail = 'At least one of the launch templates specified in the request does not exist.';
    throw id === undefined
      ? new Ec2Error('InvalidLaunchTemplateName.NotFoundException', detail)
      : new Ec2Error(
          'InvalidLaunchTemplateId.NotFound',
          `The specified launch template, with template ID ${id}, does not exist.`,
        );
  }

  delete({ id }: LaunchTemplate): void {
    this.#templates.delete(id);
  }
}
