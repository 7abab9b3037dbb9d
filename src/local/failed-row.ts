import { type FailedRow, failedRow, type ImageErrorCode } from '../contract/row.ts';
import { LOCAL_ERRORS, type LocalErrorCode } from '../dataset/files/local-failure.ts';
import type { Measured } from '../kernel/kernel.ts';

/** What becomes of a file of this machine that has no statistics. */
export type LocalFailedRow = {
  readonly key: string;
  readonly error: { readonly code: LocalErrorCode; readonly message: string };
};

/** @param reason its message is the detail */
export function localFailure(
  key: string,
  code: ImageErrorCode | LocalErrorCode,
  reason: unknown,
): Measured<FailedRow | LocalFailedRow> {
  const row = isLocal(code) ? { key, error: { code, message: LOCAL_ERRORS[code] } } : failedRow(key, code);
  const detail = reason instanceof Error ? reason.message : String(reason ?? '');
  return { row, decodeMs: 0, computeMs: 0, ...(detail !== '' && { detail }) };
}

function isLocal(code: ImageErrorCode | LocalErrorCode): code is LocalErrorCode {
  return Object.hasOwn(LOCAL_ERRORS, code);
}
