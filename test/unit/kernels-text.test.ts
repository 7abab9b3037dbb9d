import { describe, expect, it } from 'vitest';
import { kernelsOfArms, kernelsText } from '../../src/kernels-text.ts';

describe('kernels in words', () => {
  it('names all that measured, and says where nothing tells', () => {
    expect(kernelsText(['native'])).toBe('native');
    expect(kernelsText(['native', 'pillow'])).toBe('native and pillow');
    expect(kernelsText([])).toBe('a kernel that nothing tells of');
  });

  it('names those of each arm', () => {
    const arms = [
      { arm: 'serverless', kernels: ['native'] },
      { arm: 'fleet', kernels: ['native', 'pillow'] },
    ] as const;
    expect(kernelsOfArms(arms)).toBe(
      'the serverless arm measured with native, the fleet arm with native and pillow',
    );
  });
});
