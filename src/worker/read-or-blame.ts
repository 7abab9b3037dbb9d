import type { ObjectReader } from '../aws/object-reader.ts';
import { isTransient, type ObjectRead, type ReadRequest } from '../aws/object-response.ts';
import { FanfleetError } from '../errors.ts';

/** Others that are asked whether S3 answers at all. The same in ec2-workers/fanfleet/fetch.py. */
const WITNESSES = 3;

/**
 * Read an object. Where S3 cannot give it however often it is asked, as in an outage, it is asked for a byte of others: if it
 * has an answer for one of them, and none for this object once more, this object is at fault, and nothing else.
 *
 * @param others of the same batch
 * @throws what the reader throws
 */
export async function readOrBlame(
  reader: ObjectReader,
  request: ReadRequest,
  others: readonly ReadRequest[],
  signal?: AbortSignal,
): Promise<ObjectRead> {
  const first = await answerOf(reader, request, signal);
  if (!(first instanceof FanfleetError)) return first;
  for (const { offset = 0, ...other } of others
    .filter(({ key }) => key !== request.key)
    .slice(0, WITNESSES)) {
    const witness = await answerOf(reader, { ...other, offset, size: 1 }, signal);
    if (witness instanceof FanfleetError) continue;
    const again = await answerOf(reader, request, signal);
    return again instanceof FanfleetError ? { absent: 'OBJECT_UNREADABLE' } : again;
  }
  throw first;
}

/** The answer, or the error where S3 has none however often it is asked. */
async function answerOf(
  reader: ObjectReader,
  request: ReadRequest,
  signal: AbortSignal | undefined,
): Promise<ObjectRead | FanfleetError> {
  try {
    return await reader.read(request, signal);
  } catch (reason) {
    const isGivenUp =
      reason instanceof FanfleetError && reason.cause instanceof FanfleetError && isTransient(reason.cause);
    if (isGivenUp) return reason;
    throw reason;
  }
}
