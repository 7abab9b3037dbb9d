import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import type { TestSpecification, Vitest } from 'vitest/node';
import { LONGEST, LongestFirst } from '../../../scripts/tests/longest-first.ts';

const ROOT = join(import.meta.dirname, '../../..');

it('begins with the files that take the longest, in their group', async () => {
  // Prepare
  const file = (name: string, groupOrder: number, duration: number) =>
    ({
      moduleId: join(ROOT, name),
      project: { name: 'a', config: { isolate: true, sequence: { groupOrder } } },
      duration,
    }) as unknown as TestSpecification;
  const cache = { getTestSpecificationResult: ({ duration }: { duration: number }) => ({ duration }) };
  const [first = '', second = ''] = LONGEST;
  const files = [
    file('b.test.ts', 1, 5),
    file(second, 1, 1),
    file('c.test.ts', 1, 9),
    file(first, 1, 1),
    file('d.test.ts', 0, 3),
  ];

  // Act
  const sorted = await new LongestFirst({ cache } as unknown as Vitest).sort(files);

  // Assess
  const names = ['d.test.ts', first, second, 'c.test.ts', 'b.test.ts'];
  expect(sorted.map(({ moduleId }) => moduleId)).toEqual(names.map((name) => join(ROOT, name)));
});

it.each(LONGEST)('%s is there', (name) => {
  expect(existsSync(join(ROOT, name))).toBe(true);
});
