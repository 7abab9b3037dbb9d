import { Ec2Error } from './ec2-error.ts';

/** A decoded parameter: text, a list (`Filter.1`, `Filter.2`) or a structure (`Placement.Tenancy`). */
export type QueryValue = string | QueryValue[] | { [name: string]: QueryValue };

/** One call of the EC2 Query API. */
export interface QueryRequest {
  action: string;
  parameters: { [name: string]: QueryValue };
}

type Branch = Map<string, Branch | string>;

const MAX_PARAMETERS = 5_000;
const MAX_DEPTH = 10;
const NAME = /^[A-Za-z][A-Za-z0-9-]*$/;
const POSITION = /^[1-9][0-9]{0,5}$/;

/**
 * Decode the form-encoded body of an EC2 Query call: flattened keys such as `Filter.1.Value.2=x` become
 * `{Filter: [{Value: [.., 'x']}]}`. Lists are in the order of their numbers; gaps are closed, as in EC2.
 *
 * @throws Ec2Error `MissingAction`, or `MalformedQueryString` for keys that contradict each other
 */
export function parseQuery(body: string): QueryRequest {
  const root: Branch = new Map();
  let count = 0;
  for (const [key, value] of new URLSearchParams(body)) {
    count += 1;
    if (count > MAX_PARAMETERS) throw malformed(`The request has more than ${MAX_PARAMETERS} parameters.`);
    insert(root, key, value);
  }
  const { Action: action, Version: _version, ...parameters } = structure(root, '');
  if (typeof action !== 'string' || action === '') {
    throw new Ec2Error('MissingAction', 'The request is missing an Action parameter.');
  }
  return { action, parameters };
}

function insert(root: Branch, key: string, value: string): void {
  const segments = key.split('.');
  if (segments.length > MAX_DEPTH) throw malformed(`The parameter ${key} is nested too deeply.`);
  const last = segments.pop() ?? '';
  let branch = root;
  for (const segment of segments) {
    const next = branch.get(checked(segment, key)) ?? new Map<string, Branch | string>();
    if (typeof next === 'string') throw malformed(`The parameter ${key} is both a value and a structure.`);
    branch.set(segment, next);
    branch = next;
  }
  if (branch.has(checked(last, key))) throw malformed(`The parameter ${key} is given more than once.`);
  branch.set(last, value);
}

/** Only plain names and positions: so no key can reach an object's prototype. */
function checked(segment: string, key: string): string {
  if (!NAME.test(segment) && !POSITION.test(segment))
    throw malformed(`The parameter name ${key} is not valid.`);
  return segment;
}

function structure(branch: Branch, path: string): { [name: string]: QueryValue } {
  const result: { [name: string]: QueryValue } = {};
  for (const [name, child] of branch) {
    if (POSITION.test(name)) throw malformed(`The parameter ${path}${name} has a position without a list.`);
    result[name] = typeof child === 'string' ? child : decode(child, `${path}${name}.`);
  }
  return result;
}

function decode(branch: Branch, path: string): QueryValue {
  const positions = [...branch.keys()].filter((name) => POSITION.test(name));
  if (positions.length === 0) return structure(branch, path);
  if (positions.length < branch.size)
    throw malformed(`The parameter ${path.slice(0, -1)} mixes positions and names.`);
  return positions
    .sort((a, b) => Number(a) - Number(b))
    .map((position) => {
      const child = branch.get(position) ?? '';
      return typeof child === 'string' ? child : decode(child, `${path}${position}.`);
    });
}

function malformed(detail: string): Ec2Error {
  return new Ec2Error('MalformedQueryString', detail);
}
