/**
 * Why a file of this machine has no statistics, beside what is in `IMAGE_ERRORS`. A run reads objects, so its results
 * never have these codes.
 */
export const LOCAL_ERRORS = {
  FILE_MISSING: 'the file is gone, or a link that leads nowhere',
  FILE_UNREADABLE: 'the file cannot be read',
  NOT_A_FILE: 'there is no file but a pipe, a socket or a device',
  FOLDER_UNREADABLE: 'the folder, or a part of it, cannot be read',
  OUTPUT_NAME_UNUSABLE: 'the normalised copy cannot have its name',
} as const;
export type LocalErrorCode = keyof typeof LOCAL_ERRORS;

/** Thrown where it is known why a file cannot be read. */
export class LocalFailure extends Error {
  override readonly name = 'LocalFailure';
  readonly code: LocalErrorCode;

  constructor(code: LocalErrorCode, detail: string) {
    super(detail);
    this.code = code;
  }
}

/** Codes of the system for what is not there, and for sockets and devices that cannot be opened. */
const CODES: Readonly<Record<string, LocalErrorCode>> = {
  ENOENT: 'FILE_MISSING',
  ENXIO: 'NOT_A_FILE',
  ENODEV: 'NOT_A_FILE',
};

/** The code for what was thrown by reading a file. */
export function localCodeOf(reason: unknown): LocalErrorCode {
  if (reason instanceof LocalFailure) return reason.code;
  const code = reason instanceof Error && 'code' in reason ? String(reason.code) : '';
  return CODES[code] ?? 'FILE_UNREADABLE';
}
