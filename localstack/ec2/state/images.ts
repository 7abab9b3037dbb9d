import { Ec2Error } from '../api/ec2-error.ts';
import { derivedId, isId, newId } from '../api/ids.ts';
import type { InstanceType } from '../api/instance-types.ts';

/** A machine image. Hosts boot the same root whatever the image: it stands for a processor and a name. */
export interface Image {
  id: string;
  name: string;
  description: string;
  architecture: InstanceType['architecture'];
  ownerId: string;
  createdAt: Date;
  /** Before, it is `pending`; epoch ms. */
  availableAt: number;
  public: boolean;
  sourceInstanceId: string | undefined;
  tags: Map<string, string>;
}

/** The value of an SSM parameter; undefined where there is none. */
export type ReadParameter = (name: string) => Promise<string | undefined>;

const CANONICAL = '099720109477';
const AMAZON = '137112412989';
const DEBIAN = '136693071363';
const REFERENCE = /^resolve:ssm:(\/?[A-Za-z0-9_./-]+)(:[A-Za-z0-9_.-]+)?$/;

/** Images that are there from the start, by their public SSM parameters, `ARCH` in them replaced. */
const PUBLIC_IMAGES = [
  ...['22.04/stable/current/ARCH/hvm/ebs-gp2', '24.04/stable/current/ARCH/hvm/ebs-gp3'].map((path) => ({
    parameter: `/aws/service/canonical/ubuntu/server/${path}/ami-id`,
    name: `ubuntu-${path.slice(0, 5)}-ARCH-server`,
    ownerId: CANONICAL,
    names: { x86_64: 'amd64', arm64: 'arm64' },
  })),
  {
    parameter: '/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-ARCH',
    name: 'al2023-ami-ARCH',
    ownerId: AMAZON,
    names: { x86_64: 'x86_64', arm64: 'arm64' },
  },
  ...['12', '13'].map((release) => ({
    parameter: `/aws/service/debian/release/${release}/latest/ARCH`,
    name: `debian-${release}-ARCH`,
    ownerId: DEBIAN,
    names: { x86_64: 'amd64', arm64: 'arm64' },
  })),
] as const;

/** The images that can be launched. */
export class Images {
  readonly #images = new Map<string, Image>();
  readonly #published = new Map<string, string>();
  readonly #readParameter: ReadParameter;

  /** @param readParameter for the parameters that are not public ones */
  constructor(readParameter: ReadParameter) {
    this.#readParameter = readParameter;
    for (const { parameter, name, ownerId, names } of PUBLIC_IMAGES) {
      for (const architecture of ['x86_64', 'arm64'] as const) {
        const path = parameter.replace('ARCH', names[architecture]);
        const id = derivedId('ami', path);
        this.#published.set(path, id);
        this.#images.set(id, {
          id,
          name: name.replace('ARCH', names[architecture]),
          description: '',
          architecture,
          ownerId,
          createdAt: new Date(0),
          availableAt: 0,
          public: true,
          sourceInstanceId: undefined,
          tags: new Map(),
        });
      }
    }
  }

  all(): Image[] {
    return [...this.#images.values()].sort((a, b) => (a.id < b.id ? -1 : 1));
  }

  /** @throws Ec2Error `InvalidAMIID.Malformed`, `InvalidAMIID.NotFound` */
  get(id: string): Image {
    if (!isId('ami', id)) {
      throw new Ec2Error('InvalidAMIID.Malformed', `Invalid id: "${id}" (expecting "ami-...")`);
    }
    const image = this.#images.get(id);
    if (image === undefined) {
      throw new Ec2Error('InvalidAMIID.NotFound', `The image id '[${id}]' does not exist`);
    }
    return image;
  }

  /**
   * The image that an ImageId names: an AMI, or `resolve:ssm:<parameter>`.
   *
   * @throws Ec2Error `InvalidAMIID.Malformed`, `InvalidAMIID.NotFound`, `InvalidParameterValue` for a parameter that is
   *   not there
   */
  async resolve(imageId: string): Promise<Image> {
    const name = REFERENCE.exec(imageId)?.[1];
    if (name === undefined) return this.get(imageId);
    const id = this.#published.get(name) ?? (await this.#readParameter(name));
    if (id !== undefined) return this.get(id);
    throw new Ec2Error('InvalidParameterValue', `Invalid value '${imageId}' for ImageId: no such parameter.`);
  }

  /** @throws Ec2Error `InvalidAMIName.Duplicate` */
  create(image: Omit<Image, 'id' | 'public'>): Image {
    const other = this.all().find(({ name, ownerId }) => name === image.name && ownerId === image.ownerId);
    if (other !== undefined) {
      const detail = `AMI name ${image.name} is already in use by AMI ${other.id}`;
      throw new Ec2Error('InvalidAMIName.Duplicate', detail);
    }
    const created = { ...image, id: newId('ami'), public: false };
    this.#images.set(created.id, created);
    return created;
  }

  /** @throws Ec2Error `AuthFailure` for an image of somebody else */
  deregister(id: string, ownerId: string): void {
    if (this.get(id).ownerId !== ownerId) {
      throw new Ec2Error('AuthFailure', `Not authorized for image:${id}`, 403);
    }
    this.#images.delete(id);
  }
}
