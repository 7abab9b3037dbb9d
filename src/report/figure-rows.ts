import type { ArmRound } from '../aggregate/run-facts.ts';
import { UNKNOWN } from '../format.ts';
import type { Phase } from '../timing/phases.ts';
import type { ArmSummary } from './summary-schema.ts';

/** One figure: as it is shown, and as it is. */
export interface Cell {
  readonly text: string;
  /** In the unit of its row; null where it is not known, or where the text is no figure. */
  readonly value: number | string | null;
}

/** A row of the table of arms; one cell per column. */
export interface FigureRow {
  readonly label: string;
  /** Of the values, e.g. `ms`; '' where they have none. */
  readonly unit: string;
  readonly cells: readonly Cell[];
  /** Set in the rows that show a phase: which one, and what part of the wall time it is, per arm. */
  readonly phase?: Phase;
  readonly shares?: readonly string[];
}

export interface FigureGroup {
  readonly title: string;
  readonly rows: readonly FigureRow[];
}

const NOTHING: Cell = { text: '', value: null };

export interface Column {
  readonly arm: ArmSummary;
  readonly shown: ArmRound | undefined;
}

export type CellOf = (column: Column) => Cell;
export type Value = number | null | undefined;

/** Makes rows of the same columns. */
export class Rows {
  readonly columns: readonly Column[];
  readonly #baseline: boolean;

  constructor(columns: readonly Column[], baseline: boolean) {
    this.columns = columns;
    this.#baseline = baseline;
  }

  /** @param ofBaseline what the column `one thread` says, where there is one. @default nothing */
  row(label: string, unit: string, cell: CellOf, ofBaseline: Cell = NOTHING): FigureRow {
    const cells = [...this.columns.map(cell), ...(this.#baseline ? [ofBaseline] : [])];
    return { label, unit, cells };
  }
}

export function cell(value: Value, show: (value: number | null) => string): Cell {
  return { text: show(value ?? null), value: value ?? null };
}

export function word(text: string): Cell {
  return { text, value: text === UNKNOWN || text === '' ? null : text };
}
