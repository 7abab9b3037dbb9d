import { wrap } from '../../text/lines.ts';
import { accuracyText, mistakesOf } from '../recognition/figures.ts';
import { confusionLines } from '../recognition/terminal.ts';
import { type Classification, unlabelledText } from './classification.ts';

/** How many images were recognised, in a sentence or two. */
export function accuracyLines(answer: Classification): string[] {
  const [accuracy, of] = accuracyText(answer);
  const known = answer.labelled === 0 ? 'Accuracy not known.' : `Accuracy ${accuracy}: ${of} recognised.`;
  return wrap(`${known} ${unlabelledText(answer) ?? ''}`.trim());
}

/** What was taken for what. */
export function classificationLines(answer: Classification): string[] {
  const lines = confusionLines(answer, mistakesOf(answer));
  return lines.length === 0 ? [] : ['', 'Classification', ...lines];
}
