import { describeCells } from './support/faults/cells.ts';

describeCells(({ strikesAll }) => !strikesAll);
