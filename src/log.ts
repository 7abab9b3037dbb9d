export type LogFields = Readonly<Record<string, unknown>>;

/** Writes one JSON object per line, as CloudWatch Logs reads them. */
export type Logger = {
  readonly info: (message: string, fields?: LogFields) => void;
  readonly warn: (message: string, fields?: LogFields) => void;
  readonly error: (message: string, fields?: LogFields) => void;
};

/**
 * A logger for functions: level, message, time, and what it is given. An `Error` among the fields becomes its name,
 * message, stack and cause.
 *
 * @param write takes a line with its end
 * @param now epoch milliseconds
 */
export function createLogger(write: (line: string) => void, now: () => number): Logger {
  const at =
    (level: string) =>
    (message: string, fields: LogFields = {}): void => {
      const entry = { level, message, timestamp: new Date(now()).toISOString(), ...fields };
      write(`${JSON.stringify(entry, (_, value) => (value instanceof Error ? readable(value) : value))}\n`);
    };
  return { info: at('INFO'), warn: at('WARN'), error: at('ERROR') };
}

/** What JSON leaves out of an error, since none of it is enumerable. */
function readable({ name, message, stack, cause }: Error): LogFields {
  return { name, message, stack, cause: cause instanceof Error ? cause : undefined };
}
