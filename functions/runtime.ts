import { Logger } from '@aws-lambda-powertools/logger';
import { type Environment, readEnvironment } from '../src/environment.ts';
import { FanfleetError } from '../src/errors.ts';

/** What every function needs, made once per Lambda environment. */
export const environment: Readonly<Environment> = readEnvironment();
export const logger = new Logger({ serviceName: 'fanfleet' });

/** Offline the address of AWS, else nothing: the SDK finds AWS by the region. */
export const endpoint = environment.AWS_ENDPOINT_URL;
export const region = environment.AWS_REGION;

/**
 * Wrap a function's work: one log line if it fails, with the code and source but never the payload, and an error
 * whose name is the code, since that is what Step Functions matches and shows.
 */
export function handler<Event, Result>(name: string, work: (event: Event) => Promise<Result>) {
  return async (event: Event): Promise<Result> => {
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
