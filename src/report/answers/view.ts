import type { RunAnswer } from '../../workloads/answers.ts';
import type { Fragment } from '../markup.ts';
import type { Summary } from '../summary-schema.ts';
import { type ImageReaders, NO_IMAGES, type PageImages } from '../thumbnails/page-images.ts';

export type AnswerKind = RunAnswer['kind'];

/** An answer as the summary has it: with the arm and round that it is of. */
export type AnswerOf<K extends AnswerKind> = Extract<NonNullable<Summary['answer']>, { readonly kind: K }>;

/** What stands beside the verdict at the head of the page: in bold, and not. */
export interface Fact {
  readonly what: string;
  readonly rest: string;
}

/** A line of the CSV; the unit is '' where the value has none. */
export interface AnswerFigure {
  readonly figure: string;
  readonly value: number | string | null;
  readonly unit: string;
}

/** Lines of a text: right below the verdict, and those for who wants to know more. */
export interface AnswerText {
  readonly lead: readonly string[];
  readonly rest: readonly string[];
}

/** What an answer looks like in each form of the report. What it does not have is empty or null. */
export interface AnswerView {
  readonly facts: readonly Fact[];
  /** The group of its figures in the CSV. */
  readonly title: string;
  readonly figures: () => readonly AnswerFigure[];
  /** Of the page: below the table of arms, for what a run was made to find out; and behind all that is about the arms. */
  readonly result: (images: PageImages) => Fragment;
  readonly details: () => Fragment;
  /** Escaped by what src/report/markdown-text.ts has for it. */
  readonly markdown: () => AnswerText;
  /** At most 100 columns wide. */
  readonly terminal: () => AnswerText;
  /** The images that the page shows. Never rejects: what cannot be read is not shown. */
  readonly readImages: (readers: ImageReaders) => Promise<PageImages>;
}

const NO_TEXT: AnswerText = { lead: [], rest: [] };

/** Of a run without an answer; and what an answer does not say otherwise. */
export const EMPTY_VIEW: AnswerView = {
  facts: [],
  title: '',
  figures: () => [],
  result: () => null,
  details: () => null,
  markdown: () => NO_TEXT,
  terminal: () => NO_TEXT,
  readImages: async () => NO_IMAGES,
};

/** What the report knows of a kind of answer. */
export interface AnswerReport<K extends AnswerKind> {
  /** How it comes from the rows; after "every row is checked to be consistent with itself, and". */
  readonly method: string;
  /** @param summary what it is from */
  readonly view: (answer: AnswerOf<K>, summary: Summary) => AnswerView;
}
