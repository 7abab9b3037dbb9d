import { count, percent, plural } from '../../format.ts';
import { type Classification, mistakesOf, mistakeText, shortLabel } from '../classification.ts';
import { type Fragment, html, type Markup } from '../markup.ts';
import { atPercent, picture } from './picture.ts';

/** How many images of each label (row) were taken for each (column). */
export interface Matrix extends Pick<Classification, 'labels'> {
  readonly confusion: NonNullable<Classification['confusion']>;
}

/** With more labels their cells would be too small to be told apart, on a phone sooner than on a wide screen. */
export const MOST_DRAWN = 30;
/** Of so few, cells as wide as the page would look like bars. */
const FEW = 4;

/** The height of a row: one of those that the style sheet has for names of lanes. */
const ROW = 30;
/** Pixels of all columns on a phone and on a wide screen, and of a letter. */
const PHONE = 270;
const SCREEN = 540;
const LETTER = 7;
/** Mistakes that the description names. */
const TOLD = 5;

/**
 * A square for each pair of labels: rows are what images are, columns what they were taken for. The stronger its colour, the
 * larger the part of the row. Wrong ones are seldom many: the root of the part tells apart few of them from none.
 */
export function confusionChart({ labels, confusion }: Matrix): Markup {
  const cells = labels.length;
  const names = labels.map(shortLabel);
  const upright = Math.max(...names.map(lettersOf)) * LETTER + 4 > PHONE / cells;
  const top = upright ? Math.max(...names.map(lettersOf)) * LETTER + 10 : 20;
  const described = {
    id: 'confusion',
    title: 'Confusion matrix: what images are, and what they were taken for',
    description: descriptionOf({ labels, confusion }),
  };
  const head = names.map((name, i) => columnName(name, { at: (i + 0.5) / cells, top, upright }));
  const rows = confusion.map((row, i) => {
    const total = row.reduce((sum, images) => sum + images, 0);
    return row.map((images, column) =>
      cell({ images, total, truth: labels[i] ?? '', label: labels[column] ?? '' }, column, {
        y: top + i * ROW,
        cells,
      }),
    );
  });
  const few = cells <= FEW ? ' few' : '';
  return html`<div class="confusion${few} lane-${ROW}"><div aria-hidden="true"><svg class="chart" width="1" height="${top}"></svg><ol class="lane-names">${names.map((name, i) => html`<li title="${labels[i] ?? ''}">${name}</li>`)}</ol></div>
${picture(described, top + cells * ROW, [head, rows])}</div>`;
}

function columnName(
  name: string,
  { at, top, upright }: { readonly at: number; readonly top: number; readonly upright: boolean },
): Markup {
  const x = atPercent(at);
  if (!upright) return html`<text class="tick" x="${x}" y="${top - 6}" text-anchor="middle">${name}</text>`;
  // Percents cannot be turned: a part of the picture that begins there is.
  return html`<svg x="${x}" y="${top - 6}" overflow="visible"><text class="tick" x="0" y="4" transform="rotate(-90)">${name}</text></svg>`;
}

interface Cell {
  readonly images: number;
  /** Images of its row. */
  readonly total: number;
  readonly truth: string;
  readonly label: string;
}

function cell(
  { images, total, truth, label }: Cell,
  column: number,
  { y, cells }: { readonly y: number; readonly cells: number },
): Fragment {
  const [x, width] = [atPercent(column / cells), atPercent(1 / cells)];
  const rect = (kind: string, more: Fragment, inside: Fragment) =>
    html`<rect class="${kind}" x="${x}" y="${y}" width="${width}" height="${ROW}"${more}>${inside}</rect>`;
  if (images === 0) return rect('none', null, null);
  const right = truth === label;
  const text = `${truth}${right ? ' recognised' : ` taken for ${label}`}: ${count(images)} of ${plural(total, 'image')}, ${percent(images / total)}`;
  const part = images / total;
  const strength = right ? 0.5 * part : 0.15 + 0.35 * Math.sqrt(part);
  return [
    rect(
      right ? 'right' : 'wrong',
      html` fill-opacity="${Math.max(0.1, Math.round(100 * strength) / 100)}"`,
      html`<title>${text}</title>`,
    ),
    number(count(images), (column + 0.5) / cells, y + ROW / 2 + 4, cells),
  ];
}

/** Written where there is room for it. */
function number(text: string, at: number, y: number, cells: number): Fragment {
  const needed = text.length * LETTER + 2;
  if (needed > SCREEN / cells) return null;
  const where = needed > PHONE / cells ? ' on-screen' : '';
  return html`<text class="cell${where}" x="${atPercent(at)}" y="${y}" text-anchor="middle">${text}</text>`;
}

function descriptionOf(matrix: Matrix): string {
  const mistakes = mistakesOf(matrix);
  const rest = mistakes.length - TOLD;
  const told = mistakes.slice(0, TOLD).map(mistakeText).join('; ');
  if (mistakes.length === 0) return 'Every image was recognised. The table below has all numbers.';
  return `The most frequent mistakes: ${told}${rest > 0 ? `; and ${count(rest)} other kinds` : ''}. The table below has all numbers.`;
}

function lettersOf(name: string): number {
  return [...name].length;
}
