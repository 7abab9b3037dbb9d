export interface InstanceType {
  name: string;
  architecture: 'x86_64' | 'arm64';
  vCpus: number;
  memoryMiB: number;
  threadsPerCore: 1 | 2;
  burstable: boolean;
}

type Family = Pick<InstanceType, 'architecture' | 'threadsPerCore'> & {
  gibPerVCpu: number;
  sizes: readonly string[];
};

const VCPUS: Readonly<Record<string, number>> = {
  medium: 1,
  large: 2,
  xlarge: 4,
  '2xlarge': 8,
  '4xlarge': 16,
  '8xlarge': 32,
  '12xlarge': 48,
  '16xlarge': 64,
  '24xlarge': 96,
  '32xlarge': 128,
  '48xlarge': 192,
};

const SIZES = Object.keys(VCPUS);
const UP_TO_16 = ['large', 'xlarge', '2xlarge', '4xlarge', '8xlarge', '12xlarge', '16xlarge'];
const GRAVITON = { architecture: 'arm64', threadsPerCore: 1, sizes: ['medium', ...UP_TO_16] } as const;
const INTEL_6 = {
  architecture: 'x86_64',
  threadsPerCore: 2,
  sizes: [...UP_TO_16, '24xlarge', '32xlarge'],
} as const;
const INTEL_7 = {
  architecture: 'x86_64',
  threadsPerCore: 2,
  sizes: [...UP_TO_16, '24xlarge', '48xlarge'],
} as const;
const AMD_6 = {
  architecture: 'x86_64',
  threadsPerCore: 2,
  sizes: SIZES.filter((size) => size !== 'medium'),
} as const;
const AMD_7 = { architecture: 'x86_64', threadsPerCore: 1, sizes: SIZES } as const;

/** Current families, from the EC2 instance types guide: the sizes of a family keep its memory per vCPU. */
const FAMILIES: Readonly<Record<string, Family>> = {
  c6g: { ...GRAVITON, gibPerVCpu: 2 },
  m6g: { ...GRAVITON, gibPerVCpu: 4 },
  r6g: { ...GRAVITON, gibPerVCpu: 8 },
  c7g: { ...GRAVITON, gibPerVCpu: 2 },
  m7g: { ...GRAVITON, gibPerVCpu: 4 },
  r7g: { ...GRAVITON, gibPerVCpu: 8 },
  c6i: { ...INTEL_6, gibPerVCpu: 2 },
  m6i: { ...INTEL_6, gibPerVCpu: 4 },
  r6i: { ...INTEL_6, gibPerVCpu: 8 },
  c7i: { ...INTEL_7, gibPerVCpu: 2 },
  m7i: { ...INTEL_7, gibPerVCpu: 4 },
  r7i: { ...INTEL_7, gibPerVCpu: 8 },
  c6a: { ...AMD_6, gibPerVCpu: 2 },
  m6a: { ...AMD_6, gibPerVCpu: 4 },
  r6a: { ...AMD_6, gibPerVCpu: 8 },
  c7a: { ...AMD_7, gibPerVCpu: 2 },
  m7a: { ...AMD_7, gibPerVCpu: 4 },
  r7a: { ...AMD_7, gibPerVCpu: 8 },
};

/** The T families do not keep a ratio: vCPUs and GiB by size. */
const BURSTABLE_SIZES: Readonly<Record<string, readonly [vCpus: number, gib: number]>> = {
  nano: [2, 0.5],
  micro: [2, 1],
  small: [2, 2],
  medium: [2, 4],
  large: [2, 8],
  xlarge: [4, 16],
  '2xlarge': [8, 32],
};
const BURSTABLE_FAMILIES = {
  t3: { architecture: 'x86_64', threadsPerCore: 2 },
  t3a: { architecture: 'x86_64', threadsPerCore: 2 },
  t4g: { architecture: 'arm64', threadsPerCore: 1 },
} as const;

/** The instance types that can be launched, by name. */
export const INSTANCE_TYPES: ReadonlyMap<string, InstanceType> = new Map(
  [...fixedPerformance(), ...burstable()].map((type) => [type.name, type]),
);

function fixedPerformance(): InstanceType[] {
  return Object.entries(FAMILIES).flatMap(([family, { sizes, gibPerVCpu, ...processor }]) =>
    sizes.map((size) => {
      const vCpus = VCPUS[size] ?? 0;
      return {
        name: `${family}.${size}`,
        ...processor,
        vCpus,
        memoryMiB: vCpus * gibPerVCpu * 1024,
        burstable: false,
      };
    }),
  );
}

function burstable(): InstanceType[] {
  return Object.entries(BURSTABLE_FAMILIES).flatMap(([family, processor]) =>
    Object.entries(BURSTABLE_SIZES).map(([size, [vCpus, gib]]) => {
      return { name: `${family}.${size}`, ...processor, vCpus, memoryMiB: gib * 1024, burstable: true };
    }),
  );
}
