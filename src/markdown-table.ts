/**
 * A Markdown table.
 *
 * @param texts so many columns, the first ones, are to the left, and the others, of numbers, to the right
 */
export function markdownTable(
  header: readonly string[],
  rows: readonly (readonly string[])[],
  texts = 1,
): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |\n`;
  const rule = header.map((_, at) => (at < texts ? '---' : '---:'));
  return [header, rule, ...rows].map(line).join('');
}
