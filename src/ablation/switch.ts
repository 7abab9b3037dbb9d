import * as z from 'zod';
import { FanfleetError } from '../errors.ts';

/** A mistake or an optimization: a name for a choice that makes a pipeline worse or better. */
export interface Switch {
  readonly name: string;
  readonly what: string;
  /** What it was expected to do, before it was measured. */
  readonly expected: string;
  /** Those without which it does nothing. */
  readonly needs: readonly string[];
  /** What it sets, by the names of the settings of a pipeline. */
  readonly choices: Readonly<Record<string, unknown>>;
}

const switchSchema = z.object({
  name: z.string(),
  what: z.string(),
  expected: z.string(),
  needs: z.array(z.string()),
  choices: z.record(z.string(), z.unknown()),
});

/** What `python -m pipelines.list` prints. */
export const catalogueSchema = z.object({
  mistakes: z.array(switchSchema),
  optimizations: z.array(switchSchema),
  /** By the name of the engine, the module with its pipeline and the switches that this follows. */
  engines: z.record(z.string(), z.object({ module: z.string(), switches: z.array(z.string()) })),
});

/** All switches, and which engine has which of them. */
export type Catalogue = z.output<typeof catalogueSchema>;

/** The switches that the pipeline of an engine follows. */
export interface Switches {
  readonly engine: string;
  readonly mistakes: readonly Switch[];
  readonly optimizations: readonly Switch[];
}

/** @throws FanfleetError `INVALID_INPUT` for an engine without a pipeline */
export function switchesOf({ mistakes, optimizations, engines }: Catalogue, engine: string): Switches {
  const found = engines[engine];
  if (found === undefined) throw unknown('an engine with a pipeline', engine, Object.keys(engines));
  // What it needs the engine may do anyway, and then has no name for it.
  const kept = (all: readonly Switch[]) =>
    all
      .filter(({ name }) => found.switches.includes(name))
      .map((one) => ({ ...one, needs: one.needs.filter((name) => found.switches.includes(name)) }));
  return { engine, mistakes: kept(mistakes), optimizations: kept(optimizations) };
}

const KINDS = {
  mistake: 'a mistake',
  optimization: 'an optimization',
  switch: 'a mistake or an optimization',
} as const;

/**
 * Those with these names, in the order of the names.
 *
 * @param kind of which they are to be
 * @throws FanfleetError `INVALID_INPUT` that tells the name that is most like it, or that this engine does not have it
 */
export function switchesNamed(
  names: readonly string[],
  { engine, ...ofEngine }: Switches,
  catalogue: Catalogue,
  kind: keyof typeof KINDS = 'switch',
): Switch[] {
  const of = (all: Pick<Switches, 'mistakes' | 'optimizations'>): readonly Switch[] => {
    if (kind === 'mistake') return all.mistakes;
    return kind === 'optimization' ? all.optimizations : [...all.mistakes, ...all.optimizations];
  };
  const [here, anywhere] = [of(ofEngine), of(catalogue)];
  return [...new Set(names)].map((name) => {
    const found = here.find((one) => one.name === name);
    if (found !== undefined) return found;
    const what = KINDS[kind];
    if (anywhere.some((one) => one.name === name)) {
      const where = Object.keys(catalogue.engines).filter((each) =>
        catalogue.engines[each]?.switches.includes(name),
      );
      const message = `Expected ${what} that the pipeline of ${engine} has but received ${name}: leave it out, or take the engine ${where.join(' or ')}.`;
      throw new FanfleetError('INVALID_INPUT', message, { source: 'user' });
    }
    throw unknown(
      what,
      name,
      here.map((one) => one.name),
    );
  });
}

/** A switch with those that it needs, which come first. */
export function withNeeds(one: Switch, all: readonly Switch[]): Switch[] {
  const needs = one.needs.flatMap((name) => all.filter((other) => other.name === name));
  return [...needs.flatMap((need) => withNeeds(need, all)), one];
}

function unknown(what: string, received: string, names: readonly string[]): FanfleetError {
  const near = nearestName(received, names);
  const hint =
    near === null ? `one of ${names.join(', ')}` : `perhaps ${near}; \`fanfleet ablate --list\` has all`;
  const message = `Expected ${what} but received ${received}: ${hint}.`;
  return new FanfleetError('INVALID_INPUT', message, { source: 'user' });
}

/** Of the names that one who meant another may have meant: at most two of five letters are wrong. */
export function nearestName(received: string, names: readonly string[]): string | null {
  const [best] = names
    .map((name) => ({ name, edits: editsBetween(received, name) }))
    .sort((a, b) => a.edits - b.edits);
  return best !== undefined && best.edits * 5 <= 2 * Math.max(received.length, best.name.length)
    ? best.name
    : null;
}

/** How many letters have to be put in, left out or changed (Levenshtein). */
function editsBetween(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, at) => at);
  for (let i = 1; i <= a.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const change = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(change, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row.at(-1) ?? 0;
}
