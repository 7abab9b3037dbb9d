import { describe, expect, it } from 'vitest';
import { figuresOf } from '../../../src/tune/figures.ts';
import { OFFLINE_NOTES, renderTune, winnerSentence } from '../../../src/tune/markdown.ts';
import { tunePicture } from '../../../src/tune/picture.ts';
import { failed, measured, tuneOf } from './sample.ts';

const pageOf = (tune = tuneOf()) => renderTune(tune, figuresOf(tune));

describe('renderTune', () => {
  it('has the winner first, and a table with each point', () => {
    const page = pageOf();
    expect(page).toContain('**1024 MB costs the least: 4.0 s and $0.00960.**');
    expect(page).toMatch(
      /\| +1024 MB \| as deployed \| +native \| +10 \| +4\.0 s \[4\.0 s-4\.1 s\] .* 2\.00x .* 1\.00x .* best \|/,
    );
    expect(page.match(/ MB \|/g)).toHaveLength(4);
    expect(page).toContain('All runs gave the same answer.');
  });

  it('says offline what it is worth', () => {
    for (const functionLimits of ['none', 'lambda'] as const) {
      expect(pageOf(tuneOf({ functionLimits }))).toContain(OFFLINE_NOTES[functionLimits]);
    }
    expect(pageOf()).not.toContain('local AWS');
  });

  it('lists runs that failed on a line each, and answers that differ', () => {
    const page = pageOf(
      tuneOf({ measurements: [measured(0, 0), measured(0, 1, { digest: 'b' }), failed(1, 1)] }),
    );
    expect(page).toContain('- 1024 MB, round 2: it | broke at once');
    expect(page).toContain('**THE ANSWERS DIFFER.**');
    expect(page).toContain('No winner: no point was measured in every round.');
  });

  it('names the kernels of the points where they differ, and no winner', () => {
    const { measurements } = tuneOf();
    const other = measured(1, 1, { kernels: ['sharp'] });
    expect(pageOf(tuneOf({ measurements: [...measurements, other] }))).toContain(
      '**No winner: the points measured with different kernels, which are different programs (512 MB; 1769 MB; 3538 MB with native; 1024 MB with native and sharp). Tune again',
    );
  });

  it('says by how much cost counts where both do', () => {
    const tune = tuneOf({ strategy: 'balanced', weight: 0.5 });
    expect(winnerSentence(tune, figuresOf(tune))).toContain('1769 MB is the best of both (cost counts 50 %)');
  });
});

describe('tunePicture', () => {
  it('draws time and bill of each point, and rings the winner', () => {
    const svg = tunePicture(figuresOf(tuneOf()), 'one & all');
    expect(svg.startsWith('<svg class="tune" xmlns="http://www.w3.org/2000/svg"')).toBe(true);
    expect(svg).toContain('<desc id="tune-text">one &amp; all</desc>');
    expect(svg.match(/class="bar /g)).toHaveLength(8);
    expect(svg.match(/class="best"/g)).toHaveLength(2);
    expect(svg).toContain('<title>1769 MB: 2.4 s (2.4 s to 2.4 s)</title>');
    expect(svg).not.toMatch(/NaN|Infinity|undefined/);
  });

  it('draws a line for each batch size, also of a single memory', () => {
    const points = [20, 50].map((batchSize) => ({ memory: 512, batchSize }));
    const tune = tuneOf({ points, rounds: 1, measurements: [measured(0, 0), measured(0, 1)] });
    const svg = tunePicture(figuresOf(tune), '');
    expect(svg).toContain('batches of 20');
    expect(svg).toContain('batches of 50');
    expect(svg).not.toMatch(/NaN|Infinity|undefined/);
  });

  it('is there too where nothing was measured', () => {
    expect(tunePicture(figuresOf(tuneOf({ measurements: [] })), '')).not.toMatch(/NaN|Infinity|undefined/);
  });
});
