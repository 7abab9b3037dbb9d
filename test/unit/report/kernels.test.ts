import { describe, expect, it } from 'vitest';
import { readPrices } from '../../../src/prices/prices.ts';
import { renderCsv } from '../../../src/report/csv.ts';
import { renderHtml } from '../../../src/report/html.ts';
import { renderMarkdown } from '../../../src/report/markdown.ts';
import { buildSummary } from '../../../src/report/summary.ts';
import type { Summary } from '../../../src/report/summary-schema.ts';
import { renderTerminal } from '../../../src/report/terminal.ts';
import type { Run } from '../../../src/run/run.ts';
import { type SampleOptions, sampleInput } from './sample.ts';

const NOTE =
  'no native kernel was packed for instances with x64: `npm run build:native -- linux-x64`, and deploy again';
const PILLOW = { kernels: { serverless: ['native'], fleet: ['pillow'] } };

async function summaryOf(
  options: SampleOptions,
  request: Partial<Pick<Run, 'kernel' | 'kernelNote' | 'engine'>> = {},
) {
  const input = await sampleInput(options);
  return buildSummary({
    ...input,
    run: { ...input.run, ...request },
    prices: readPrices('us-east-1'),
  });
}

/** The text of every form, whatever its lines and marks are. */
function textsOf(summary: Summary): string[] {
  const text = (form: string) => form.replaceAll(/<[^>]*>|[\\`]/g, '').replaceAll(/\s+/g, ' ');
  return [renderTerminal, renderHtml, renderMarkdown].map((render) => text(render(summary)));
}

describe('arms with different kernels', () => {
  it.each<[string, NonNullable<SampleOptions['kernels']>, string]>([
    [
      'native and Pillow',
      PILLOW.kernels,
      'the serverless arm measured with native, the fleet arm with pillow',
    ],
    [
      'the portable ones of two languages',
      { serverless: ['sharp'], fleet: ['pillow'] },
      'the serverless arm measured with sharp, the fleet arm with pillow',
    ],
    [
      'several in one arm',
      { fleet: ['native', 'pillow'] },
      'the serverless arm measured with native, the fleet arm with native and pillow',
    ],
  ])('are not ranked: %s', async (_, kernels, said) => {
    const summary = await summaryOf({ kernels });
    expect(summary.ranking).toMatchObject({ ranked: false, obstacle: 'kernel', faster: null, ratio: null });
    expect(summary.headline).toBe(`The arms are not ranked: ${said}; both gave the same answer.`);
    expect(summary.arms.map((arm) => arm.kernels)).toEqual([
      kernels.serverless ?? ['native'],
      kernels.fleet ?? ['native'],
    ]);
    expect(summary.agreement.equal).toBe(true);
  });

  it('are not ranked where only a round of an arm had another one', async () => {
    const two = await sampleInput({ repeats: 2 });
    const other = await sampleInput({ repeats: 2, kernels: { fleet: ['pillow'] } });
    const arms = two.arms.map((arm, i) =>
      arm.times.arm === 'fleet' && arm.times.round === 1 ? (other.arms[i] ?? arm) : arm,
    );
    const { ranking, arms: summaries } = buildSummary({ ...two, arms });
    expect(summaries[1]?.kernels).toEqual(['native', 'pillow']);
    expect(ranking.obstacle).toBe('kernel');
  });

  it('say so in every form of the report, and nowhere that one was faster or cheaper', async () => {
    const summary = await summaryOf(PILLOW);
    for (const text of textsOf(summary)) {
      expect(text).toContain(
        'not ranked: the serverless arm measured with native, the fleet arm with pillow',
      );
      expect(text).toContain('Different kernels are different programs');
      expect(text).not.toMatch(/x faster|x cheaper/);
    }
    expect(renderHtml(summary)).toContain('<b>Not ranked:</b> different kernels');
    const csv = renderCsv(summary);
    expect(csv).toContain('Ranking,obstacle,,,kernel,\n');
    expect(csv).toContain('Speed,kernel,fleet,,pillow,\n');
    expect(renderCsv(await summaryOf({}))).toContain('Ranking,faster,,,serverless,\n');
  });

  it.each<[string, Partial<Pick<Run, 'kernel' | 'kernelNote'>>, string]>([
    ['one that a worker could not load', { kernel: 'auto' }, '`--kernel native`, with which a worker that'],
    ['those asked for', { kernel: 'portable' }, 'run again with `--kernel native`, or with `--kernel port'],
    [
      'a stack without the native one',
      { kernel: 'portable', kernelNote: NOTE },
      `No${NOTE.slice(2)}; or run with \`--kernel portable --engine grpc\`.`,
    ],
  ])('say how to have one, after %s', async (_, request, remedy) => {
    const { ranking, remarks } = await summaryOf(PILLOW, request);
    expect(ranking.reason).toContain(remedy);
    expect(remarks.filter((remark) => remark.includes('packed'))).toHaveLength(request.kernelNote ? 1 : 0);
    expect(remarks[0]).toBe(ranking.reason);
  });

  it.each<[string, NonNullable<SampleOptions['kernels']>]>([
    ['and had images for other kernels', { serverless: ['wasm+sharp'], fleet: ['pillow'] }],
    [
      'and has grpc, and a worker that was told otherwise',
      { serverless: ['wasm+sharp'], fleet: ['native+sharp'] },
    ],
  ])('say to build the native one, where the stack has none %s', async (_, kernels) => {
    const { ranking, remarks } = await summaryOf({ kernels }, { kernel: 'portable', kernelNote: NOTE });
    expect(ranking.reason).toContain(`No${NOTE.slice(2)}; or run`);
    expect(ranking.reason).not.toContain('were left');
    expect(remarks).toContain(ranking.reason);
  });

  it('do not say to run with grpc after a run with it', async () => {
    const kernels = { serverless: ['wasm+sharp'], fleet: ['native+sharp'] };
    const { ranking } = await summaryOf({ kernels }, { engine: 'grpc' });
    expect(ranking.reason).toContain('run again with `--kernel native`');
    expect(ranking.reason).not.toContain('--engine grpc');
  });

  it('give advice that says in its sentence what it weighs, and curves that do', async () => {
    const { advice, curves } = await summaryOf(PILLOW);
    const said =
      'Different programs are weighed here, and not only arms: the serverless arm measured with native, the fleet arm with pillow.';
    expect(advice?.sentence.endsWith(`. ${said}`)).toBe(true);
    expect(advice?.differentKernels).toContain('the fleet arm with pillow');
    expect(curves?.notes[0]).toBe(said);
    const one = await summaryOf({});
    expect(one.advice?.differentKernels).toBeNull();
    expect(JSON.stringify([one.advice, one.curves])).not.toContain('Different programs');
  });
});

it('arms that left many images to kernels of their language are not ranked, and the headline names those', async () => {
  const { ranking, headline } = await summaryOf({
    left: { serverless: { sharp: 5 }, fleet: { pillow: 5 } },
  });
  expect(ranking).toMatchObject({
    obstacle: 'kernel',
    reason: expect.stringContaining('with `--engine grpc`'),
  });
  expect(headline).toContain('measured with native+sharp, the fleet arm with native+pillow;');
  const few = await summaryOf({ batchSize: 500, left: { serverless: { sharp: 5 }, fleet: { pillow: 5 } } });
  expect(few.ranking.ranked).toBe(true);
});

describe('one kernel', () => {
  it('is what arms are ranked by, whichever it is, and the ranking names it', async () => {
    const kernels = { serverless: ['sharp'], fleet: ['sharp'] };
    const { ranking } = await summaryOf({ kernels });
    expect(ranking).toMatchObject({ ranked: true, obstacle: null, faster: 'serverless' });
    expect(ranking.reason).toContain('same kernel (sharp)');
  });

  it('that is the portable one for want of another is told with what to do', async () => {
    const kernels = { serverless: ['sharp'], fleet: ['sharp'] };
    const { remarks } = await summaryOf({ kernels }, { kernel: 'portable', kernelNote: NOTE });
    expect(remarks).toContain(`The portable kernel measured: ${NOTE}.`);
    expect((await summaryOf({})).remarks.join()).not.toContain('portable');
  });

  it('is that of the single thread too, or there is no speedup over it', async () => {
    const summary = await summaryOf(PILLOW);
    expect(summary.arms.map(({ speedup }) => speedup === null)).toEqual([false, true]);
    const [, page] = textsOf(summary);
    expect(page).toContain('The fleet arm has none, since it measured with pillow.');
    const scaling = /<h2>Scaling<\/h2>.*?<\/section>/s.exec(renderHtml(summary))?.[0] ?? '';
    expect(scaling).toContain('>serverless<');
    expect(scaling).not.toContain('>fleet<');
  });

  it.each([
    ['native', true],
    ['native+sharp', true],
    ['native+pillow', true],
    ['wasm+sharp', false],
  ])(
    'is that of a single thread whose sample had no images for other kernels: of %s that is %s',
    async (name, isOne) => {
      const kernels = { serverless: [name] };
      const summary = await summaryOf({ kernels, arms: ['serverless'] });
      expect(summary.baseline?.kernel).toBe('native');
      expect(summary.arms[0]?.speedup !== null).toBe(isOne);
    },
  );

  it('is looked for only after the answers', async () => {
    const { ranking } = await summaryOf({ ...PILLOW, disagree: true });
    expect(ranking.obstacle).toBe('digest');
  });

  it('is missing before the cores are, of which the report tells anyway', async () => {
    const summary = await summaryOf({ ...PILLOW, schedule: 'parallel' });
    expect(summary).toMatchObject({ contended: true, ranking: { obstacle: 'kernel' } });
    expect(renderTerminal(summary)).toContain('CONTENDED');
  });
});
