import { count, plural } from '../../../format.ts';
import { anchorAt, atPercent, picture } from '../../charts/picture.ts';
import { html, type Markup } from '../../markup.ts';
import { type Classification, partText, sureText } from './classification.ts';

const HEIGHT = 170;
/** Room for the number above the highest column, and for the axis. */
const TOP = 20;
const BOTTOM = 22;
const RANGE = HEIGHT - TOP - BOTTOM;
/** Parts from one mark of the axis to the next: a fifth of all. */
const MARKS = 5;

/** A column for each part of the scores, as high as the images whose best score it is. */
export function scoreChart(answer: Classification): Markup {
  const { scoreHistogram } = answer;
  const parts = scoreHistogram.length;
  const most = Math.max(1, ...scoreHistogram);
  const described = {
    id: 'scores',
    title: 'How sure the model was: images by their best score',
    description: sureText(answer) ?? '',
  };
  const columns = scoreHistogram.map((images, part) => column({ images, part, parts, most }));
  const marks = Array.from({ length: MARKS + 1 }, (_, n) => {
    const at = n / MARKS;
    return html`<text class="tick" x="${atPercent(at)}" y="${HEIGHT - 5}" text-anchor="${anchorAt(at)}">${count(100 * at)} %</text>`;
  });
  return html`<figure class="plot scores-plot"><figcaption>images by their best score</figcaption>
${picture(described, HEIGHT, [
  html`<line class="grid" x1="0" x2="100%" y1="${HEIGHT - BOTTOM}" y2="${HEIGHT - BOTTOM}"/>`,
  columns,
  marks,
])}</figure>`;
}

interface Column {
  readonly images: number;
  readonly part: number;
  readonly parts: number;
  /** Images of the highest one. */
  readonly most: number;
}

/** Some images are always to be seen; the number stands on the highest alone. */
function column({ images, part, parts, most }: Column): Markup | null {
  if (images === 0) return null;
  const height = Math.max(2, Math.round((10 * RANGE * images) / most) / 10);
  const y = HEIGHT - BOTTOM - height;
  const middle = (part + 0.5) / parts;
  return html`<rect class="size" x="${atPercent(part / parts)}" y="${y}" width="${atPercent(0.92 / parts)}" height="${height}"><title>${partText(part, parts)}: ${plural(images, 'image')}</title></rect>${
    images === most
      ? html`<text class="tick" x="${atPercent(middle)}" y="${y - 6}" text-anchor="${anchorAt(middle)}">${count(images)}</text>`
      : null
  }`;
}
