import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  amount,
  bytes,
  duration,
  figure,
  memory,
  plural,
  printable,
  printableLines,
  usd,
} from '../../src/format.ts';
import { shortNames } from '../../src/report/charts/lane-names.ts';
import { percentOf, timeTicks } from '../../src/report/charts/time-axis.ts';
import { escapeText, html } from '../../src/report/markup.ts';
import { planned } from '../../src/report/plan-remarks.ts';

const anyText = fc.string({
  unit: fc.oneof(
    fc.constantFrom('<', '>', '&', '"', "'", '/', '=', '\u0000', '\u202e'),
    fc.string({ unit: 'binary', minLength: 1, maxLength: 1 }),
  ),
});

describe('planned', () => {
  it('says how many shards there are, where there are any', () => {
    const found = {
      bucket: 'b',
      prefix: 'p/',
      manifestKey: 'm',
      skipped: 0,
      leftOut: [],
      notes: [],
      listMs: 1,
      requests: { lists: 1, gets: 0 },
      storageClasses: {},
    };
    const IMAGES = { one: 'image', many: 'images' };
    const plan = { ...found, items: 1_000, bytes: 89_000_000, batches: 1, shards: 2 };
    expect(planned(plan, IMAGES)).toBe('1,000 images, 2 shards, 89.0 MB, 1 batch');
    expect(planned({ ...plan, shards: 0 }, IMAGES)).toBe('1,000 images, 89.0 MB, 1 batch');
    const training = { prefix: 'known/', itemsKey: 'items.json', items: 1_297, bytes: 1 };
    expect(planned({ ...plan, shards: 0, training }, IMAGES)).toBe(
      '1,000 images, 89.0 MB, 1 batch; 1,297 images under known/ to learn from',
    );
    const groups = { one: 'row group', many: 'row groups' };
    expect(planned({ ...plan, items: 1, shards: 0 }, groups)).toBe('1 row group, 89.0 MB, 1 batch');
  });
});

describe('usd', () => {
  it.each([
    [0, '$0'],
    [0.000_000_2, '$0.000000200'],
    [0.003_906, '$0.00391'],
    [0.994, '$0.994'],
    [0.9999, '$1.00'],
    [1234.5, '$1,234.50'],
  ])('shows %f as %s', (value, text) => {
    expect(usd(value)).toBe(text);
  });
});

describe('amount', () => {
  it.each([
    [999_999, '999,999'],
    [1e6, '1 million'],
    [2_512_345, '2.51 million'],
    [1e9, '1 billion'],
    [1e12, '1,000 billion'],
  ])('says %d as %s', (value, text) => {
    expect(amount(value)).toBe(text);
  });
});

describe('html', () => {
  it('keeps any key inside its element and its attribute, and loses none of it', () => {
    fc.assert(
      fc.property(anyText, (key) => {
        const { text } = html`<b title="${key}">${key}</b>`;
        const [, inTitle, inside] = /^<b title="([^"]*)">([^<]*)<\/b>$/.exec(text) ?? [];
        expect(inTitle).toBe(inside);
        expect(inside).not.toMatch(/[<>"']|\p{Cc}/u);
        const entities = { lt: '<', gt: '>', quot: '"', '#39': "'", amp: '&' };
        const back = inside?.replace(/&([^;]+);/g, (_, name: keyof typeof entities) => entities[name]);
        expect(back).toBe(printable(key));
      }),
      { numRuns: 300 },
    );
  });

  it('joins lists, leaves out null, and does not escape markup twice', () => {
    expect(html`<p>${[html`<b>${'a&b'}</b>`, null, 3]}</p>`.text).toBe('<p><b>a&amp;b</b>3</p>');
  });
});

describe('printable', () => {
  it('leaves ordinary text as it is and shows what would not be seen', () => {
    expect(printable('naïve 😀 日本.jpg')).toBe('naïve 😀 日本.jpg');
    expect(printable('a\u001b[31m\u202eb\ud800')).toBe('a\\u{1b}[31m\\u{202e}b\ufffd');
    expect(printableLines('a\u001b[31m\n\tb\r\n')).toBe('a\\u{1b}[31m\n\tb\\u{d}\n');
    expect(escapeText("<'\n'>")).toBe('&lt;&#39;\\u{a}&#39;&gt;');
  });
});

describe('formats', () => {
  it.each([
    [0, '0 ms'],
    [999, '999 ms'],
    [999.6, '1.0 s'],
    [12_345, '12.3 s'],
    [119_949, '119.9 s'],
    [119_960, '2 min 00 s'],
    [185_400, '3 min 05 s'],
    [7_199_900, '2 h 00 min'],
    [90_000_000, '25 h 00 min'],
    [null, '–'],
  ])('duration of %s ms is %s', (ms, text) => {
    expect(duration(ms)).toBe(text);
  });

  it.each([
    [0, '0'],
    [0.04213, '0.0421'],
    [9.271, '9.27'],
    [86.34, '86.3'],
    [1234.5, '1,235'],
    [null, '–'],
  ])('figure of %s is %s', (value, text) => {
    expect(figure(value)).toBe(text);
  });

  it('tells units of storage from units of memory', () => {
    expect([bytes(81_300_000), bytes(900), memory(2 ** 30), memory(0)]).toEqual([
      '81.3 MB',
      '900 B',
      '1.00 GiB',
      '–',
    ]);
    expect([plural(1, 'batch', 'batches'), plural(2000, 'image')]).toEqual(['1 batch', '2,000 images']);
  });
});

describe('timeTicks', () => {
  it('is two to eleven round steps from zero that never pass the end, for any length', () => {
    fc.assert(
      fc.property(fc.double({ min: 0.01, max: 1e9, noNaN: true }), (total) => {
        const ticks = timeTicks(total);
        expect(ticks[0]).toEqual({ percent: 0, label: '0' });
        expect(ticks.length).toBeGreaterThan(2);
        expect(ticks.length).toBeLessThanOrEqual(12);
        expect(new Set(ticks.map(({ label }) => label)).size).toBe(ticks.length);
        for (const { percent } of ticks) expect(percent).toBeLessThanOrEqual(100);
      }),
    );
  });

  it('picks the unit by the length', () => {
    expect(timeTicks(8800).map(({ label }) => label)).toEqual(['0', '2 s', '4 s', '6 s', '8 s']);
    expect(timeTicks(600_000).at(-1)).toEqual({ percent: 100, label: '10 min' });
    expect(timeTicks(0)).toEqual([]);
    expect([percentOf(5, 0), percentOf(-1, 10), percentOf(11, 10), percentOf(1, 3)]).toEqual([
      0, 0, 100, 33.333,
    ]);
  });
});

describe('shortNames', () => {
  it('keeps what tells names apart', () => {
    expect(shortNames(['host-11', 'host-12'])).toEqual(['host-11', 'host-12']);
    expect(shortNames(['i-0a1b2c3d4e5f60002/pid-611', 'i-0a1b2c3d4e5f60003/pid-612'])).toEqual([
      '…2/pid-611',
      '…3/pid-612',
    ]);
    expect(shortNames(['2026/11/21/[$LATEST]9f3a1cd0c4e8b2', '2026/11/21/[$LATEST]a1a512d0c4e8b2'])).toEqual([
      '9f3a1cd0c4e…',
      'a1a512d0c4e…',
    ]);
    expect(shortNames(['i-6ad7c23e9bdcb1fb3/31415', 'i-0b2e07583746a6d92/27182'])).toEqual([
      '…1fb3/31415',
      '…6d92/27182',
    ]);
    expect(shortNames(['only'])).toEqual(['only']);
    expect(shortNames([])).toEqual([]);
  });
});
