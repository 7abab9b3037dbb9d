import { printable } from '../../format.ts';

const LONGEST_NAME = 12;
/** `<instance>/<pid>` or `<instance>/<pid>/<slot>`: the ends of both tell workers apart, since ids are random. */
const HOST_AND_PROCESS = /([^/]{4}\/\d{1,7}(?:\/\d{1,4})?)$/;

/** Names without what all of them start with, from the place on that tells them apart. */
export function shortNames(names: readonly string[]): string[] {
  const [first = ''] = names;
  let common = names.length < 2 ? 0 : first.length;
  for (const name of names) {
    while (!name.startsWith(first.slice(0, common))) common -= 1;
  }
  // Where it fits, cut where a word begins, so that `host-11` and `host-12` do not become 1 and 2.
  const word = first.slice(0, common).search(/[^/\]:]*$/);
  return names.map((name) => {
    const whole = [...printable(name.slice(word))];
    if (whole.length <= LONGEST_NAME) return whole.join('');
    const rest = [...printable(name.slice(common))];
    const process = HOST_AND_PROCESS.exec(name);
    if (process !== null && rest.length > LONGEST_NAME) return `…${printable(process[1] ?? '')}`;
    const start = common > word ? '…' : '';
    return (
      start + (rest.length > LONGEST_NAME ? `${rest.slice(0, LONGEST_NAME - 1).join('')}…` : rest.join(''))
    );
  });
}
