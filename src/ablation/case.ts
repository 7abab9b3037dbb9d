import { FanfleetError } from '../errors.ts';
import { type Switch, type Switches, withNeeds } from './switch.ts';

/** The pipeline with all mistakes, with nothing but the engine's defaults, and with all optimizations. */
export const PIPELINES = ['baseline', 'plain', 'optimized'] as const;
export type PipelineName = (typeof PIPELINES)[number];

/** A pipeline that is measured, by the switches that are on in it. */
export interface Case {
  readonly title: string;
  readonly switches: readonly string[];
}

/** A switch alone, and what it is measured beside: the same pipeline without it. */
export interface Side {
  readonly one: Switch;
  readonly with: Case;
  readonly without: Case;
}

/** The defaults, with all mistakes, and with all optimizations. */
export function casesTogether(switches: Pick<Switches, 'mistakes' | 'optimizations'>): Case[] {
  return PIPELINES.map((title) => ({ title, switches: ofPipeline(title, switches).map(({ name }) => name) }));
}

/** What it needs is on on both sides. */
export function sideOf(one: Switch, all: readonly Switch[]): Side {
  const names = withNeeds(one, all).map(({ name }) => name);
  const needs = names.slice(0, -1);
  return {
    one,
    with: { title: one.name, switches: names },
    without: { title: needs.length === 0 ? 'plain' : needs.join(', '), switches: needs },
  };
}

/**
 * A pipeline with switches that were asked for one by one: what one of these sets, none of the pipeline's own sets. What they need is
 * on as well.
 *
 * @param asked switches of `all`
 * @param without names of those of the pipeline that are off
 * @throws FanfleetError `INVALID_INPUT` where two that were asked for set the same
 */
export function caseOf(
  pipeline: PipelineName,
  all: Pick<Switches, 'mistakes' | 'optimizations'>,
  { asked, without }: { readonly asked: readonly Switch[]; readonly without: readonly Switch[] },
): Case {
  const every = [...all.mistakes, ...all.optimizations];
  const on = [...new Set(asked.flatMap((one) => withNeeds(one, every)))];
  for (const [at, one] of on.entries()) {
    const other = on.slice(0, at).find((before) => setsSame(one, before));
    if (other !== undefined) throw setBoth(other.name, one.name);
  }
  const own = ofPipeline(pipeline, all).filter(
    (one) => !without.includes(one) && !on.includes(one) && !on.some((other) => setsSame(one, other)),
  );
  const title = [pipeline, ...asked.map(({ name }) => name), ...without.map(({ name }) => `no ${name}`)];
  return { title: title.join(', '), switches: [...own, ...on].map(({ name }) => name) };
}

function ofPipeline(
  pipeline: PipelineName,
  { mistakes, optimizations }: Pick<Switches, 'mistakes' | 'optimizations'>,
): readonly Switch[] {
  return { baseline: mistakes, plain: [], optimized: optimizations }[pipeline];
}

function setsSame(a: Switch, b: Switch): boolean {
  return Object.keys(a.choices).some((name) => name in b.choices);
}

function setBoth(one: string, other: string): FanfleetError {
  const message = `Expected switches that can be on together but ${one} and ${other} set the same: leave one of them out.`;
  return new FanfleetError('INVALID_INPUT', message, { source: 'user' });
}
