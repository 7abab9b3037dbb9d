import type { FailedRow } from '../kernel/row.ts';
import { EXIT, type ExitCode } from './exit-code.ts';
import type { Io } from './io.ts';

/** Rows as JSON Lines. */
export function textOfRows(rows: readonly object[]): string {
  return rows.map((row) => `${JSON.stringify(row)}\n`).join('');
}

/** Say how many images failed, and what the command ends with for it. */
export function failedImages(
  io: Io,
  rows: readonly (object | FailedRow)[],
): { readonly failed: number; readonly exitCode: ExitCode } {
  const failed = rows.filter((row) => 'error' in row).length;
  if (failed > 0) io.note(`${failed} of ${rows.length} images could not be measured.`);
  return { failed, exitCode: failed > 0 ? EXIT.FAILED_IMAGES : EXIT.OK };
}
