import { readdirSync } from 'node:fs';
import { nameText } from '../name-text.ts';

/** What stands in an argument for bytes that are not UTF-8: Node does not say which they were. */
const LOST = '\ufffd';

/**
 * The paths that are there and look like an argument in which bytes were lost, as where a shell puts a file for `*` whose
 * name is not UTF-8. Several may look alike.
 */
export function pathsLike(argument: string): Buffer[] {
  if (!argument.includes(LOST)) return [];
  const [first = '', ...rest] = argument.split('/');
  let paths = first.includes(LOST) ? namesLike(Buffer.from('.'), first) : [Buffer.from(first)];
  for (const step of rest) {
    paths = paths.flatMap((path) => {
      const above = Buffer.concat([path, Buffer.from('/')]);
      const names = step.includes(LOST) ? namesLike(above, step) : [Buffer.from(step)];
      return names.map((name) => Buffer.concat([above, name]));
    });
  }
  return paths;
}

function namesLike(folder: Buffer, step: string): Buffer[] {
  try {
    return readdirSync(folder, { encoding: 'buffer' }).filter((name) => name.toString('utf8') === step);
  } catch {
    return []; // what is not there, or cannot be read, has no such name
  }
}

/** The text of a path, step by step as `nameText` has it. */
export function pathText(path: string | Buffer): string {
  if (typeof path === 'string') return path;
  const steps = path.toString('latin1').split('/');
  return steps.map((step) => nameText(Buffer.from(step, 'latin1')).text).join('/');
}
