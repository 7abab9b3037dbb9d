import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cyclesOf } from '../../../scripts/rooms/cycles.ts';
import { importsOf } from '../../../scripts/rooms/rooms.ts';

/** Files that import those after the colon: `a: b c`. */
const files = (...lines: string[]) =>
  lines.flatMap((line) => {
    const [from = '', to = ''] = line.split(': ');
    return to.split(' ').map((each) => ({ from, to: each }));
  });

describe('files that import each other', () => {
  it('are told with a shortest way around, and not again from each file of it', () => {
    expect(cyclesOf(files('a: b c', 'b: d', 'c: a', 'd: a', 'e: a'))).toEqual([
      ['a', 'c', 'a'],
      ['b', 'd', 'a', 'b'],
    ]);
    expect(cyclesOf(files('b: a', 'a: b'))).toEqual([['a', 'b', 'a']]);
    expect(cyclesOf(files('a: a'))).toEqual([['a', 'a']]);
  });

  it('are told of each group, and of what else is in a group once the first way around has been told', () => {
    expect(cyclesOf(files('a: b', 'b: a', 'c: d', 'd: c'))).toEqual([
      ['a', 'b', 'a'],
      ['c', 'd', 'c'],
    ]);
    expect(cyclesOf(files('a: b', 'b: a c', 'c: b'))).toEqual([
      ['a', 'b', 'a'],
      ['c', 'b', 'c'],
    ]);
  });

  it('are not those on the way to a cycle, nor those that two files share', () => {
    expect(cyclesOf(files('a: b', 'b: c', 'c: b'))).toEqual([['b', 'c', 'b']]);
    expect(cyclesOf(files('a: b c', 'b: d', 'c: d'))).toEqual([]);
  });

  it('count for types and for what is loaded later, too', () => {
    const types = importsOf('src/run/run.ts', "import type { A } from './kernel.ts';\n");
    const later = importsOf('src/run/kernel.ts', "const { a } = await import('./run.ts');\n");
    expect(cyclesOf([...types, ...later])).toEqual([
      ['src/run/kernel.ts', 'src/run/run.ts', 'src/run/kernel.ts'],
    ]);
  });

  it('there are none of where every import leads to a later file, and some as soon as one leads back', () => {
    const edge = fc.tuple(fc.nat(30), fc.nat(30)).filter(([a, b]) => a < b);
    fc.assert(
      fc.property(fc.array(edge, { minLength: 1, maxLength: 80 }), fc.nat(), (edges, at) => {
        const imports = edges.map(([a, b]) => ({ from: `f${a}`, to: `f${b}` }));
        expect(cyclesOf(imports)).toEqual([]);
        const back = imports[at % imports.length] ?? expect.fail();
        const cycles = cyclesOf([...imports, { from: back.to, to: back.from }]);
        const [cycle = []] = cycles;
        expect(cycle).toContain(back.from);
        expect(cycle[0]).toBe(cycle.at(-1));
        const steps = new Set(
          [...imports, { from: back.to, to: back.from }].map(({ from, to }) => `${from} ${to}`),
        );
        for (const each of cycles)
          for (const [i, file] of each.slice(1).entries()) expect(steps).toContain(`${each[i]} ${file}`);
      }),
      { seed: 7 },
    );
  });
});
