/** The bytes of `[ ] { } " \` in UTF-8, of which none is a part of another character. */
const [OPEN_LIST, CLOSE_LIST, OPEN, CLOSE, QUOTE, BACKSLASH] = [0x5b, 0x5d, 0x7b, 0x7d, 0x22, 0x5c];

/**
 * The objects of one JSON array, or of JSON Lines, that comes in pieces; holds one of them. What stands between them is
 * not looked at.
 *
 * @param longest most bytes of an object, so that what is no such array cannot fill the memory
 * @throws SyntaxError where an object is no JSON, is longer, or does not end
 */
export async function* readObjects(
  chunks: AsyncIterable<Uint8Array>,
  longest: number,
): AsyncGenerator<unknown> {
  let [depth, inText, escaped, length] = [0, false, false, 0];
  let pieces: Uint8Array[] = [];
  for await (const chunk of chunks) {
    let begin = 0;
    for (let at = 0; at < chunk.length; at += 1) {
      const byte = chunk[at];
      if (inText) {
        if (escaped) escaped = false;
        else if (byte === BACKSLASH) escaped = true;
        else if (byte === QUOTE) inText = false;
      } else if (depth === 0) {
        if (byte === OPEN) [depth, begin] = [1, at];
      } else if (byte === QUOTE) {
        inText = true;
      } else if (byte === OPEN || byte === OPEN_LIST) {
        depth += 1;
      } else if (byte === CLOSE || byte === CLOSE_LIST) {
        depth -= 1;
        if (depth > 0) continue;
        pieces.push(chunk.subarray(begin, at + 1));
        yield JSON.parse(Buffer.concat(pieces).toString('utf8'));
        [pieces, length] = [[], 0];
      }
    }
    if (depth === 0) continue;
    pieces.push(chunk.subarray(begin));
    length += chunk.length - begin;
    if (length > longest) throw new SyntaxError(`Expected an object of at most ${longest} bytes.`);
  }
  if (depth > 0) throw new SyntaxError('Expected the end of an object but the text ends.');
}
