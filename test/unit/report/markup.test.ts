import { expect, it } from 'vitest';
import { code, html, withCode } from '../../../src/report/markup.ts';

it('keeps options of a command whole, and shows the same text', () => {
  const page = code('run a-b -- --batch-size 50 --x <y>').text;
  expect(page).toBe(
    '<code>run a-b -- <span class="whole">--batch-size</span> 50 <span class="whole">--x</span> &lt;y&gt;</code>',
  );
  expect(html`${withCode('or `go --now`.')}`.text).toBe(
    'or <code>go <span class="whole">--now</span></code>.',
  );
});
