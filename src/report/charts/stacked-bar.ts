import { html, type Markup } from '../markup.ts';
import { type Described, picture } from './picture.ts';
import { percentOf } from './time-axis.ts';

export interface Segment {
  /** Its class in the style sheet. */
  readonly kind: string;
  readonly value: number;
  /** Written on it where it is wide enough. */
  readonly label: string;
  /** Shown where one points at it. */
  readonly text: string;
}

const HEIGHT = 30;
/** Pixels of a bar on a phone and on a wide screen, and of a letter. */
const PHONE = 330;
const SCREEN = 720;
const LETTER = 7;

/** One bar of segments, on an axis that ends at `total`. Its pieces are in the order of the table that goes with it. */
export function stackedBar(described: Described, segments: readonly Segment[], total: number): Markup {
  let from = 0;
  const drawn = segments.map(({ kind, value, label, text }) => {
    if (value <= 0) return null;
    const [start, width] = [percentOf(from, total), percentOf(value, total)];
    from += value;
    const room = (width / 100) * SCREEN;
    const needed = label.length * LETTER + 8;
    const where = (room * PHONE) / SCREEN >= needed ? '' : ' on-screen';
    const written =
      room < needed
        ? null
        : html`<text class="on${where} ${kind}" x="${start + width / 2}%" y="20" text-anchor="middle">${label}</text>`;
    return html`<rect class="${kind}" x="${start}%" y="1" width="${width}%" height="${HEIGHT - 2}"><title>${text}</title></rect>${written}`;
  });
  return picture(described, HEIGHT, drawn);
}
