import { createHash, randomBytes } from 'node:crypto';
import { Ec2Error } from './ec2-error.ts';

/** A new resource id in EC2's long form, e.g. `i-0123456789abcdef0`. */
export function newId(prefix: string): string {
  return `${prefix}-${randomBytes(9).toString('hex').slice(0, 17)}`;
}

/** The same id for the same name, for things that are there from the start or stand for something else. */
export function derivedId(prefix: string, name: string): string {
  return `${prefix}-${createHash('sha256').update(name).digest('hex').slice(0, 17)}`;
}

/** @throws Ec2Error `InvalidInstanceID.Malformed` */
export function checkInstanceId(id: string): void {
  if (!isId('i', id)) throw new Ec2Error('InvalidInstanceID.Malformed', `Invalid id: "${id}"`);
}

/** Whether it has the form of an id of that kind. */
export function isId(prefix: string, id: string): boolean {
  return new RegExp(`^${prefix}-([0-9a-f]{8}|[0-9a-f]{17})$`).test(id);
}
