import type { Import } from './rooms.ts';

/**
 * Files that import each other, however far around, types included: none of them can be read, or moved, without the others.
 *
 * @returns shortest ways around, each from a file back to it, so that every such file is in one of them
 */
export function cyclesOf(imports: readonly Import[]): string[][] {
  const imported = new Map<string, Set<string>>();
  for (const { from, to } of imports) imported.set(from, (imported.get(from) ?? new Set()).add(to));
  const told = new Set<string>();
  const cycles: string[][] = [];
  for (const file of [...imported.keys()].sort()) {
    const cycle = told.has(file) ? undefined : wayAround(file, imported);
    if (cycle === undefined) continue;
    cycles.push(cycle);
    for (const each of cycle) told.add(each);
  }
  return cycles;
}

/** The shortest way from a file back to it, breadth first. */
function wayAround(start: string, imported: ReadonlyMap<string, ReadonlySet<string>>): string[] | undefined {
  const cameFrom = new Map<string, string>();
  const next = [start];
  for (const file of next) {
    for (const to of imported.get(file) ?? []) {
      if (to === start) return [...wayTo(file, cameFrom), start];
      if (cameFrom.has(to)) continue;
      cameFrom.set(to, file);
      next.push(to);
    }
  }
  return undefined;
}

function wayTo(file: string, cameFrom: ReadonlyMap<string, string>): string[] {
  const way = [file];
  for (let before = cameFrom.get(file); before !== undefined; before = cameFrom.get(before))
    way.unshift(before);
  return way;
}
