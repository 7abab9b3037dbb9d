import { describe, expect, it } from 'vitest';
import { LeftOutCount } from '../../../src/dataset/left-out.ts';
import { NoteLog } from '../../../src/dataset/notes.ts';
import { renderHtml } from '../../../src/report/html.ts';
import { renderMarkdown } from '../../../src/report/markdown.ts';
import { planRemarks } from '../../../src/report/plan-remarks.ts';
import { buildSummary } from '../../../src/report/summary.ts';
import { renderTerminal } from '../../../src/report/terminal.ts';
import { sampleInput } from './sample.ts';

const leftOut = new LeftOutCount();
for (const key of ['s/a.heic', 's/b.heic', 's/1.tar.gz']) leftOut.add(key);
const notes = new NoteLog();
notes.add('TRAILING_BYTES', '4 bytes at byte 2048 of s/0.tar');
for (const name of ['s/1.tar.gz', 's/2.tgz']) notes.add('SHARDS_COMPRESSED', name);
const plan = { leftOut: leftOut.list(), notes: notes.list() };

describe('planRemarks', () => {
  it('says what was odd and what was left out, with examples', () => {
    expect(planRemarks(plan)).toEqual([
      'Compressed tars were left out; unpack them to plain tars (2, e.g. s/1.tar.gz).',
      'Tars have bytes behind their end that are no tar; these were left out (4 bytes at byte 2048 of s/0.tar).',
      'Left out: 3 files without the suffix or the content of an image: .heic (2), .tar.gz (1: s/1.tar.gz).',
    ]);
    expect(planRemarks({ leftOut: [], notes: [] })).toEqual([]);
  });

  it.each([[['serverless', 'fleet']], [['fleet']]] as const)(
    'is in every form of the report of %s',
    async (arms) => {
      const input = await sampleInput({ arms: [...arms] });
      const summary = buildSummary({ ...input, plan: { ...input.plan, ...plan } });
      expect(summary.plan).toMatchObject(plan);
      for (const remark of planRemarks(plan)) {
        expect(summary.remarks).toContain(remark);
        expect(renderTerminal(summary).replaceAll('\n', ' ')).toContain(remark);
        expect(renderHtml(summary)).toContain(remark);
        expect(renderMarkdown(summary)).toContain(remark);
      }
      const page = renderHtml(summary).replaceAll(/<[^>]*>/g, ' ');
      expect(page).toMatch(/left out\s+\.heic \(2\), \.tar\.gz \(1: s\/1\.tar\.gz\)/);
    },
  );

  it('is a line of its own where there are several, in every form, with names of options as code', async () => {
    const input = await sampleInput();
    const odd = new NoteLog();
    odd.add('KEYS_NAME_SHARDS', 's/0.tar');
    const both = { leftOut: plan.leftOut, notes: [...plan.notes, ...odd.list()] };
    const summary = buildSummary({ ...input, plan: { ...input.plan, ...both } });
    const [first = ''] = planRemarks(plan);
    const page = renderHtml(summary);
    expect(page).toContain(`<li>${first}</li>`);
    expect(page).toContain('shardKeys <code>path</code> (s/0.tar).</li>');
    expect(page.replaceAll(/<[^>]*>/g, '')).toContain('3 files left out');
    expect(renderTerminal(summary).split('\n')).toContain(`- ${first}`);
    expect(renderMarkdown(summary).split('\n')).toContain(`- ${first}`);
  });
});
