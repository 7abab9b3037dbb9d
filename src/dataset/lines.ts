/**
 * The lines of a UTF-8 text that comes in pieces, without their line feeds. Unlike node:readline it knows no other
 * line end, since JSON may hold U+2028 as it is.
 *
 * @param longest most UTF-16 units of a line, so that what is no text of lines cannot fill the memory
 * @param tooLong what is thrown for a longer one
 * @throws TypeError for bytes that are not UTF-8
 */
export async function* readLines(
  chunks: AsyncIterable<Uint8Array>,
  longest: number,
  tooLong: () => Error,
): AsyncGenerator<string> {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  let rest = '';
  for await (const chunk of chunks) {
    rest += decoder.decode(chunk, { stream: true });
    let from = 0;
    for (let end = rest.indexOf('\n', from); end >= 0; end = rest.indexOf('\n', from)) {
      yield rest.slice(from, end);
      from = end + 1;
    }
    rest = rest.slice(from);
    if (rest.length > longest) throw tooLong();
  }
  rest += decoder.decode();
  if (rest !== '') yield rest;
}
