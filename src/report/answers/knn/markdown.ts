import { text } from '../../markdown-text.ts';
import { accuracyText } from '../recognition/figures.ts';
import { type Classification, unlabelledText } from './classification.ts';

/** How many images were recognised. */
export function accuracyMarkdown(answer: Classification): string[] {
  if (answer.labelled === 0) return [];
  const [part, of] = accuracyText(answer);
  return [text(`Accuracy ${part}: ${of} recognised. ${unlabelledText(answer) ?? ''}`.trim()), ''];
}
