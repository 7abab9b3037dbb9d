import type { S3Access } from '../src/aws/s3-access.ts';
import { FanfleetError } from '../src/errors.ts';
import { createLogger, type Logger } from '../src/log.ts';
import { type Environment, readEnvironment } from './environment.ts';

/** What every function needs, made once per Lambda environment. */
export const environment: Readonly<Environment> = readEnvironment();
/** One line of the function's log. */
export const writeLog = (line: string): void => void process.stdout.write(line);
export const logger: Logger = createLogger(writeLog, Date.now);

/** Offline the address of AWS, else nothing: the SDK finds AWS by the region. */
export const endpoint = environment.AWS_ENDPOINT_URL;
export const region = environment.AWS_REGION;

/**
 * What requests to S3 need, without the SDK. A function's credentials are in its environment, and Lambda ends it before
 * they end.
 */
export const s3Access: S3Access = {
  region: async () => region,
  endpoint: async () => endpoint,
  credentials: async () => ({
    accessKeyId: environment.AWS_ACCESS_KEY_ID,
    secretAccessKey: environment.AWS_SECRET_ACCESS_KEY,
    sessionToken: environment.AWS_SESSION_TOKEN,
  }),
};

/**
 * Wrap a function's work: one log line if it fails, with the code and source but never the payload, and an error
 * whose name is the code, since that is what Step Functions matches and shows. An event `{"warmUp": true}` is for its environment
 * alone: a kept fleet that boots has those started that its first run will call.
 */
export function handler<Event, Result>(name: string, work: (event: Event) => Promise<Result>) {
  return async (event: Event): Promise<Result | null> => {
    if (typeof event === 'object' && event !== null && 'warmUp' in event) return null;
    try {
      return await work(event);
    } catch (reason) {
      const error = FanfleetError.from(reason, 'aws');
      logger.error(`${name} failed`, { code: error.code, source: error.source, error });
      const shown = new Error(error.message, { cause: error });
      shown.name = error.code;
      throw shown;
    }
  };
}
