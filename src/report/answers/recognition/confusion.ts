import { count, percent, plural } from '../../../format.ts';
import { atPercent, picture } from '../../charts/picture.ts';
import { type Fragment, html, type Markup } from '../../markup.ts';
import { type Matrix, mistakesOf, mistakeText, shortLabel } from './figures.ts';

/** A matrix that there is. */
export interface Confusion extends Matrix {
  readonly confusion: NonNullable<Matrix['confusion']>;
}

/** With more labels their names would be written over each other on a phone. */
export const MOST_DRAWN = 20;
/** Of so few, cells as wide as the page would look like bars. */
const FEW = 4;

/** The height of a row, and with more than 12: those that the style sheet has for names of lanes. */
const ROW = 30;
const LOW_ROW = 24;
const MANY = 12;
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
export function confusionChart({ labels, confusion }: Confusion): Markup {
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
  const height = cells > MANY ? LOW_ROW : ROW;
  const numbers = numbersOf(confusion);
  const rows = confusion.map((row, i) => {
    const total = row.reduce((sum, images) => sum + images, 0);
    return row.map((images, column) => {
      const place = { column, y: top + i * height, height, cells };
      return cell({ images, total, truth: labels[i] ?? '', label: labels[column] ?? '' }, place, numbers);
    });
  });
  const few = cells <= FEW ? ' few' : '';
  return html`<div class="confusion${few} lane-${height}"><div aria-hidden="true"><svg class="chart" width="1" height="${top}"></svg><ol class="lane-names">${names.map((name, i) => html`<li title="${labels[i] ?? ''}">${name}</li>`)}</ol></div>
${picture(described, top + cells * height, [head, rows])}</div>`;
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

interface Place {
  readonly column: number;
  readonly y: number;
  readonly height: number;
  /** Cells of a row. */
  readonly cells: number;
}

/** @param numbers the class of numbers on cells; null: none */
function cell({ images, total, truth, label }: Cell, place: Place, numbers: string | null): Fragment {
  const { column, y, height, cells } = place;
  const at = html`x="${atPercent(column / cells)}" y="${y}" width="${atPercent(1 / cells)}" height="${height}"`;
  if (images === 0) return html`<rect class="none" ${at}/>`;
  const part = images / total;
  const right = truth === label;
  const text = `${truth}${right ? ' recognised' : ` taken for ${label}`}: ${count(images)} of ${plural(total, 'image')}, ${percent(part)}`;
  const strength = right ? Math.max(0.1, 0.5 * part) : 0.15 + 0.35 * Math.sqrt(part);
  return html`<rect class="${right ? 'right' : 'wrong'}" ${at} fill-opacity="${Math.round(100 * strength) / 100}"><title>${text}</title></rect>${
    numbers === null
      ? null
      : html`<text class="${numbers}" x="${atPercent((column + 0.5) / cells)}" y="${y + height / 2 + 4}" text-anchor="middle">${count(images)}</text>`
  }`;
}

/** All are written, or none: on a phone, and on a wide screen. */
function numbersOf(confusion: Confusion['confusion']): string | null {
  const needed = count(Math.max(...confusion.flat())).length * LETTER + 2;
  if (needed > SCREEN / confusion.length) return null;
  return needed > PHONE / confusion.length ? 'cell on-screen' : 'cell';
}

function descriptionOf(matrix: Confusion): string {
  const mistakes = mistakesOf(matrix);
  const rest = mistakes.length - TOLD;
  const told = mistakes.slice(0, TOLD).map(mistakeText).join('; ');
  if (mistakes.length === 0) return 'Every image was recognised. The table below has all numbers.';
  return `The most frequent mistakes: ${told}${rest > 0 ? `; and ${count(rest)} other kinds` : ''}. The table below has all numbers.`;
}

function lettersOf(name: string): number {
  return [...name].length;
}
