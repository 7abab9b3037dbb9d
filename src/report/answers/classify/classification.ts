import { count, percent, plural, printable } from '../../../format.ts';
import { CERTAIN } from '../../../workloads/classify/row-check.ts';
import type { Summary } from '../../summary-schema.ts';
import { cut } from '../../text/lines.ts';
import { accuracyText, type Mistake, mistakesOf } from '../recognition/figures.ts';
import type { AnswerOf } from '../view.ts';

/** What a model found out. */
export type Classification = AnswerOf<'classify'>;
export type Example = Classification['unsure'][number];

const MOST_IN_SENTENCE = 40;

/** All mistakes where there is a matrix, else the most frequent ones. */
export function knownMistakes(answer: Classification): readonly Mistake[] {
  return answer.confusion === null ? answer.mistakes : mistakesOf(answer);
}

/** `97.8 %`; what is rounded never seems to be certain, nor impossible. */
export function scoreText(millionths: number): string {
  const rounded = percent(millionths / CERTAIN);
  if (rounded === '100.0 %' && millionths < CERTAIN) return '> 99.9 %';
  return rounded === '0.0 %' && millionths > 0 ? '< 0.1 %' : rounded;
}

/** How many of the best classes a run asked for; 0 of a run that asked for something else. */
export function topOf({ workload }: Summary['request']): number {
  return workload.name === 'classify' ? workload.params.top : 0;
}

/** How many of the best classes rows have; 0 where there are none. */
export function bestClasses({ unsure }: Classification): number {
  return unsure[0]?.scores.length ?? 0;
}

/**
 * `Top-5 accuracy 99.8 %`, and of what; null where that says nothing: rows have one class, or all that there are.
 *
 * @param top classes that were asked for
 */
export function topAccuracyText(answer: Classification, top: number): [string, string] | null {
  const { labelled, correctTop } = answer;
  const best = bestClasses(answer);
  if (labelled === 0 || best < 2 || best < top) return null;
  return [
    `Top-${best} accuracy ${percent(correctTop / labelled)}`,
    `the label of ${count(correctTop)} of ${plural(labelled, 'image')} is among the best ${best}`,
  ];
}

/** What is known of all, in bold and not. */
export function outcomeText(answer: Classification): [string, string] {
  if (answer.labelled > 0) {
    const [part, of] = accuracyText(answer);
    return [`Accuracy ${part}`, `${of} recognised`];
  }
  const { classified, counts } = answer;
  const [most] = counts;
  const taken =
    most === undefined
      ? ''
      : `, most often taken for ${cut(printable(most.label), MOST_IN_SENTENCE)} (${percent(most.images / classified)})`;
  return [`${plural(classified, 'image')} classified`, `accuracy not known${taken}`];
}

/** What to know of images that count in no accuracy, as sentences. */
export function uncountedTexts({ classified, labelled, foreign }: Classification): string[] {
  const unknown = classified - labelled - foreign;
  const does = (images: number) => (images === 1 ? 'does' : 'do');
  return [
    ...(unknown > 0 && (labelled > 0 || foreign > 0)
      ? [
          `${plural(unknown, 'image')} of ${count(classified)} had no known label to compare with, and ${does(unknown)} not count.`,
        ]
      : []),
    ...(foreign > 0
      ? [
          `${plural(foreign, 'image')} of ${count(classified)} had a label that no class of the model has, and ${does(foreign)} not count.`,
        ]
      : []),
  ];
}

/** Part of the scores, e.g. `95 to 100 %`. */
export function partText(part: number, parts: number): string {
  const edge = (at: number) => count(Math.round((100 * at) / parts));
  return `${edge(part)} to ${edge(part + 1)} %`;
}

/** How sure the model was, in a sentence; null of no image. */
export function sureText({ classified, scoreHistogram }: Classification): string | null {
  if (classified === 0) return null;
  const parts = scoreHistogram.length;
  const below = scoreHistogram.slice(0, parts / 2).reduce((sum, images) => sum + images, 0);
  const sure = scoreHistogram.at(-1) ?? 0;
  return `The best score is ${partText(parts - 1, parts)} of ${plural(sure, 'image')} (${percent(sure / classified)}), and below 50 % of ${below === 0 ? 'none' : count(below)}.`;
}
