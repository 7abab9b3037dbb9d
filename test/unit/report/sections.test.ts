import { beforeAll, describe, expect, it } from 'vitest';
import { headlineOf } from '../../../src/report/headline.ts';
import { renderHtml } from '../../../src/report/html.ts';
import { MOST_HOSTS } from '../../../src/report/sections/hosts.ts';
import type { Summary } from '../../../src/report/summary-schema.ts';
import { statisticsIn } from '../../../src/workloads/answers.ts';
import { constantsOf } from '../../../src/workloads/statistics/constants.ts';
import { manyWorkers } from './many-workers.ts';
import { realSummary } from './sample.ts';

let real: Summary;

beforeAll(async () => {
  real = await realSummary();
});

describe('the headline', () => {
  const bills = (serverless: number, fleet: number): Summary => {
    const usd = { serverless, fleet };
    const arms = real.cost?.arms.map((bill) => ({ ...bill, usd: usd[bill.arm] })) ?? [];
    return { ...real, cost: real.cost && { ...real.cost, arms } };
  };

  it('says what the faster arm costs beside the other one', () => {
    const said = (serverless: number, fleet: number) => headlineOf(bills(serverless, fleet)).headline;
    expect(said(1, 3)).toContain('faster (6.1 s against 33.5 s) and 3.00x cheaper ($1.00 against $3.00);');
    expect(said(3, 1.5)).toContain('but cost 2.00x as much ($3.00 against $1.50);');
    expect(said(1, 1)).toContain('and cost the same ($1.00);');
  });

  it('says nothing of money where a bill is not known', () => {
    const { headline } = headlineOf({ ...real, cost: null });
    expect(headline).toBe(
      'The serverless arm was 5.50x faster: 6.1 s against 33.5 s, and both gave the same answer.',
    );
  });
});

describe('cost', () => {
  it('is not known, and not 0, where there is no bill', () => {
    const page = sectionOf({ ...real, cost: null }, 'Cost');
    expect(page).toContain('Not known: this summary has no bill.');
    expect(sectionOf({ ...real, cost: null }, 'Arms')).toContain('Cost: not known.');
    expect(page).not.toContain('$');
  });

  it('has every line of every bill', () => {
    const page = sectionOf(real, 'Cost');
    const lines = [...(real.cost?.arms.map(({ bill }) => bill) ?? []), real.cost?.comparison].flatMap(
      (bill) => bill?.lines ?? [],
    );
    expect(page.match(/<th scope="row">/g)).toHaveLength(lines.length + 3);
  });

  it('points out stale prices', () => {
    const cost = real.cost && { ...real.cost, prices: { ...real.cost.prices, stale: true, ageDays: 400 } };
    expect(sectionOf({ ...real, cost }, 'Cost')).toContain('They are 400 days old');
    expect(sectionOf(real, 'Cost')).not.toContain('days old');
  });
});

describe('other sizes', () => {
  it('are not known where there is no model', () => {
    expect(sectionOf({ ...real, curves: null }, 'At other sizes')).toContain('Not known');
  });

  it('name where one arm overtakes the other, in words and in the picture', () => {
    const crossing = { what: 'usd', items: 2_500_000, below: 'serverless', above: 'fleet' } as const;
    const page = sectionOf(
      { ...real, curves: real.curves && { ...real.curves, crossings: [crossing] } },
      'At other sizes',
    );
    expect(page).toContain('Below 2.5 million images the serverless arm is cheaper, above it the fleet arm.');
    expect(page).toMatch(/class="upright-label"[^>]*>cross at 2.5 million</);
  });

  it('have a point for each size of each arm', () => {
    const page = sectionOf(real, 'At other sizes');
    const points = real.curves?.arms.reduce((sum, arm) => sum + arm.points.length, 0) ?? 0;
    expect(page.match(/<circle class="dot s-(serverless|fleet)"/g)).toHaveLength(2 * points);
  });
});

describe('scaling', () => {
  it('says what is missing', () => {
    expect(sectionOf({ ...real, baseline: null }, 'Scaling')).toContain('there is no single-thread run');
  });

  it('is of the time in which batches were at work', () => {
    const shown = real.rounds[real.arms[1]?.shownRound ?? -1]?.arms[1];
    const atWork = (shown?.windowEndMs ?? 0) - (shown?.windowStartMs ?? 0);
    const rate = (shown?.items ?? 0) / (atWork / 1000);
    expect(sectionOf(real, 'Scaling')).toContain(`<td data-name="images/s at work">${rate.toFixed(1)}</td>`);
  });
});

it('rounds are drawn one by one, and failed ones are named', () => {
  const rounds = real.rounds.map(({ round, arms }) => ({
    round,
    arms: arms.map((arm) => (round === 0 ? { ...arm, status: 'failed' as const } : arm)),
  }));
  const page = sectionOf({ ...real, rounds }, 'Rounds');
  expect(page.match(/<circle/g)).toHaveLength(4);
  expect(page.match(/<td>failed<\/td>/g)).toHaveLength(2);
});

it('a page draws so many hosts and says how many it left out', async () => {
  const page = sectionOf(await manyWorkers(MOST_HOSTS + 6), 'Hosts');
  expect(page.match(/<path class="use-cpu"/g)).toHaveLength(MOST_HOSTS);
  expect(page).toContain('Not shown: 6 hosts');
});

/** What the fleet section says of hosts of which these could not load the native kernel, and why. */
function withoutNativeKernel(reasonOf: (at: number) => string | null): string {
  const rounds = real.rounds.map(({ round, arms }) => ({
    round,
    arms: arms.map((arm) => ({
      ...arm,
      fleet: arm.fleet && {
        ...arm.fleet,
        hosts: arm.fleet.hosts.map((host, at) => ({ ...host, noNativeKernel: reasonOf(at) })),
      },
    })),
  }));
  const page = sectionOf({ ...real, rounds }, 'Fleet');
  return /<p class="note">Without the native kernel: (.*?)<\/p>/.exec(page)?.[1] ?? '';
}

it('a host that cannot load the native kernel says why, and others say nothing', () => {
  const note = withoutNativeKernel((at) =>
    at === 0 ? 'there is none at /x/<kernel>.node: build it.' : null,
  );
  expect(note).toContain('there is none at /x/&lt;kernel&gt;.node: build it.');
  expect(note.match(/<bdi/g)).toHaveLength(1);
  expect(sectionOf(real, 'Fleet')).not.toContain('Without the native kernel');
});

it('says once why no host of the fleet could load the native kernel', () => {
  expect(withoutNativeKernel(() => 'there is none.').trim()).toBe('all hosts: there is none.');
});

it('the constants of the dataset are ready to be pasted', () => {
  const page = sectionOf(real, 'Dataset statistics');
  for (const text of Object.values(statisticsIn(real.answer)?.constants ?? { none: 'none' }))
    expect(page).toContain(text);
});

it('the constants say what stands for a deviation of 0', () => {
  const answer = statisticsIn(real.answer) ?? expect.fail('Expected an answer.');
  const dataset = answer.dataset ?? expect.fail('Expected a dataset.');
  const channels = dataset.channels.map((channel) =>
    channel.channel === 'red' ? { ...channel, std: { level: 0, unit: 0 } } : channel,
  );
  const constants = constantsOf({ channels });
  const own = { ...answer, dataset: { ...dataset, channels }, constants };
  const page = sectionOf({ ...real, answer: own }, 'Dataset statistics');
  expect(page).toMatch(/transforms\.Normalize\(mean=\[[^\]]+\], std=\[1, /);
  expect(page).toContain('All pixels have the same red: the standard deviation is 0');
});

it('nothing is green where an arm is not valid, even if digests are equal', () => {
  const rounds = real.rounds.map(({ round, arms }) => ({
    round,
    arms: arms.map((arm) => ({ ...arm, valid: arm.arm !== 'fleet' })),
  }));
  expect(renderHtml({ ...real, rounds })).not.toContain('class="good"');
  expect(renderHtml(real).match(/class="good"/g)).toHaveLength(2);
});

/** The part of the page below a title. */
function sectionOf(summary: Summary, title: string): string {
  const found = renderHtml(summary)
    .split('<section>')
    .find((section) => section.startsWith(`<h2>${title}</h2>`));
  if (found === undefined) throw new Error(`Expected a section ${title}.`);
  return found;
}
