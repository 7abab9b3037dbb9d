import { Ec2Error } from './ec2-error.ts';

export interface Page<T> {
  items: T[];
  nextToken: string | undefined;
}

/**
 * One page of items that have a key each and are sorted by it. The token says after which key to go on, so that an
 * item that comes or goes between two calls neither doubles nor hides another.
 *
 * @param scope what is paged: a token of another list is refused
 * @throws Ec2Error `InvalidParameterValue` for a token that this function did not make
 */
export function paginate<T>(
  items: readonly T[],
  keyOf: (item: T) => string,
  scope: string,
  request: { MaxResults?: number | undefined; NextToken?: string | undefined },
): Page<T> {
  const after = request.NextToken === undefined ? '' : readToken(request.NextToken, scope);
  const rest = items.filter((item) => keyOf(item) > after);
  const page = rest.slice(0, request.MaxResults ?? rest.length);
  const last = page.at(-1);
  const more = page.length < rest.length && last !== undefined;
  return { items: page, nextToken: more ? writeToken(scope, keyOf(last)) : undefined };
}

function writeToken(scope: string, after: string): string {
  return Buffer.from(JSON.stringify([scope, after])).toString('base64url');
}

function readToken(token: string, scope: string): string {
  try {
    const [tokenScope, after] = JSON.parse(Buffer.from(token, 'base64url').toString()) as unknown[];
    if (tokenScope === scope && typeof after === 'string') return after;
  } catch {
    // Not one of ours: answered below.
  }
  throw new Ec2Error('InvalidParameterValue', 'Unable to parse pagination token');
}
