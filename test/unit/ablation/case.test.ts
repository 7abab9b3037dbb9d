import { describe, expect, it } from 'vitest';
import { caseOf, casesTogether, sideOf } from '../../../src/ablation/case.ts';
import { switchesNamed, switchesOf } from '../../../src/ablation/switch.ts';
import { CATALOGUE } from './switches.ts';

const ray = switchesOf(CATALOGUE, 'ray');
const all = [...ray.mistakes, ...ray.optimizations];
const named = (...names: string[]) => switchesNamed(names, ray, CATALOGUE);

describe('casesTogether', () => {
  it('has all mistakes, nothing, and all optimizations', () => {
    expect(casesTogether(ray).map((one) => [one.title, one.switches.join()])).toEqual([
      ['baseline', 'lists,one-by-one'],
      ['plain', ''],
      ['optimized', 'clients,ahead,further'],
    ]);
  });
});

describe('sideOf', () => {
  it('has a switch beside the same pipeline without it, with all that it needs on both sides', () => {
    const sides = all.map((one) => sideOf(one, all));
    expect(sides.map((side) => [side.without.switches.join(), side.with.switches.join()])).toEqual([
      ['', 'lists'],
      ['', 'one-by-one'],
      ['', 'clients'],
      ['clients', 'clients,ahead'],
      ['clients,ahead', 'clients,ahead,further'],
    ]);
  });
});

describe('caseOf', () => {
  it('has what was asked for beside the pipeline, with what that needs', () => {
    const one = caseOf('plain', ray, { asked: named('further'), without: [] });
    expect(one).toEqual({ title: 'plain, further', switches: ['clients', 'ahead', 'further'] });
  });

  it('leaves out what sets the same as one that was asked for, and what is not wanted', () => {
    const one = caseOf('baseline', ray, { asked: named('ahead'), without: [] });
    expect(one.switches).toEqual(['lists', 'clients', 'ahead']);
    const other = caseOf('optimized', ray, { asked: [], without: named('further') });
    expect(other).toEqual({ title: 'optimized, no further', switches: ['clients', 'ahead'] });
  });

  it('refuses two that set the same', () => {
    expect(() => caseOf('plain', ray, { asked: named('one-by-one', 'ahead'), without: [] })).toThrow(
      '[INVALID_INPUT] Expected switches that can be on together but one-by-one and ahead set the same: leave one of them out.',
    );
  });
});
