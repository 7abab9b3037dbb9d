import { plural } from '../../../format.ts';
import { text } from '../../markdown-text.ts';
import { html, type Markup } from '../../markup.ts';
import type { Summary } from '../../summary-schema.ts';
import { wrap } from '../../text/lines.ts';
import { completenessNote } from '../completeness.ts';
import { type AnswerFigure, type AnswerOf, type AnswerReport, EMPTY_VIEW } from '../view.ts';

type Embeddings = AnswerOf<'embed'>;

export const EMBED: AnswerReport<'embed'> = {
  method: 'each is held against the embedding of its image, of which it has the hash',
  view: (answer, summary) => ({
    ...EMPTY_VIEW,
    facts: [{ what: `${plural(answer.embedded, 'embedding')}:`, rest: ofWhat(answer) }],
    title: 'Embeddings',
    figures: () => figuresOf(answer),
    result: () => sectionOf(answer, summary),
    markdown: () => ({ lead: [text(sentencesOf(answer).join(' ')), ''], rest: [] }),
    terminal: () => ({ lead: wrap(sentencesOf(answer).join(' ')), rest: [] }),
  }),
};

function ofWhat({ length, layer }: Embeddings): string {
  return length === null || layer === null
    ? 'of a model that is not known'
    : `${length} numbers each, ${layer}`;
}

function sentencesOf(answer: Embeddings): string[] {
  const { embedded, zeros, least, greatest } = answer;
  return [
    `${plural(embedded, 'embedding')}: ${ofWhat(answer)}.`,
    ...(least === null || greatest === null ? [] : [`Numbers from ${shown(least)} to ${shown(greatest)}.`]),
    ...(zeros === 0 ? [] : [`${plural(zeros, 'embedding')} of zeros, without a direction.`]),
  ];
}

/** Float32 has about so many digits. */
function shown(value: number): string {
  return String(Number(value.toPrecision(7)));
}

function sectionOf(answer: Embeddings, summary: Summary): Markup {
  const { source, model } = answer;
  return html`<section><h2>Embeddings</h2>
<p>${sentencesOf(answer).join(' ')} Those of ${source.arm}, round ${source.round}, are in <code>embeddings.parquet</code>. ${completenessNote(summary, source)}</p>
${model === null ? null : html`<p class="note">SHA-256 of the model: ${model}</p>`}</section>`;
}

function figuresOf({ embedded, zeros, length, least, greatest, layer, model }: Embeddings): AnswerFigure[] {
  const line = (figure: string, value: number | string | null, unit = '') => ({ figure, value, unit });
  return [
    line('embedded', embedded, 'images'),
    line('embeddings of zeros', zeros, 'images'),
    line('numbers of an embedding', length),
    line('least number', least),
    line('greatest number', greatest),
    line('layer', layer),
    line('SHA-256 of the model', model),
  ];
}
