import facts from '../../ec2-workers/processors.json' with { type: 'json' };

/** What a batch was done on. */
export interface Processor {
  /** Its maker's, such as `AMD EPYC 9R14`. */
  readonly name: string;
  /**
   * Its architecture and the instruction sets by which ONNX Runtime chooses its code, such as `x64 avx avx2`: two of one kind
   * compute a model alike, to the bit.
   */
  readonly kind: string;
}

/**
 * By what Linux tells of the first processor, as `processor_of` of fanfleet/processor.py.
 *
 * @param cpuinfo the text of /proc/cpuinfo
 * @param architecture as Node names it
 * @returns null where it does not say which instructions there are
 */
export function processorOf(cpuinfo: string, architecture: string): Processor | null {
  const fields = new Map<string, string>();
  for (const line of cpuinfo.split('\n')) {
    const [, name = '', value = ''] = /^(.*?)\s*:(.*)$/.exec(line) ?? [];
    if (!fields.has(name)) fields.set(name, value.trim());
  }
  const flags = new Set((fields.get('flags') ?? fields.get('Features') ?? '').split(' '));
  const extensions: Readonly<Record<string, readonly string[]>> | undefined =
    architecture === 'x64' || architecture === 'arm64' ? facts.extensions[architecture] : undefined;
  if (extensions === undefined || flags.size < 2) return null;
  const there = Object.entries(extensions).filter(([, needed]) => needed.every((flag) => flags.has(flag)));
  const part = `${fields.get('CPU implementer') ?? '?'} ${fields.get('CPU part') ?? '?'}`;
  const parts: Readonly<Record<string, string>> = facts.parts;
  const name = fields.get('model name') || (parts[part] ?? `part ${part}`);
  return { name, kind: [architecture, ...there.map(([extension]) => extension)].join(' ') };
}
