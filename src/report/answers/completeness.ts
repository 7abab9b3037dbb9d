import { type Fragment, html } from '../markup.ts';
import type { Summary } from '../summary-schema.ts';

type Source = NonNullable<Summary['answer']>['source'];

/** A warning where the arm that an answer is of has not all of it; null where it has. */
export function completenessNote({ rounds }: Summary, { arm, round }: Source): Fragment {
  const of = rounds.flatMap(({ arms }) => arms).find((other) => other.arm === arm && other.round === round);
  if (of?.valid === true && of.status === 'succeeded') return null;
  return html`<b class="bad">The answer of this arm is not complete: neither are these figures.</b>`;
}
