import type { Span } from '../src/contract/span.ts';
import type { FleetInfo } from '../src/fleet/arm-info.ts';
import { markdownTable } from '../src/markdown-table.ts';

export type StateEntered = { readonly name: string; readonly at: number };

/** One run of the fleet arm from start-execution on. Times are epoch milliseconds. */
export type Boot = {
  readonly engine: string;
  readonly startedAt: number;
  readonly endedAt: number;
  /** States of the state machine, when they were entered. */
  readonly states: readonly StateEntered[];
  readonly info: Pick<FleetInfo, 'hosts' | 'workersReadyAt' | 'engineStartedAt' | 'engineEndedAt'>;
  readonly spans: readonly Pick<Span, 'worker' | 'startedAt' | 'endedAt' | 'coldStartMs' | 'rssPeakBytes'>[];
};

/** What is waiting until a step is over. A step that is not here is waited for by the one behind it on its host. */
const WAITS: Readonly<Record<string, string>> = {
  cluster: 'workers, engine',
  workers: 'the job',
  'engine imports': 'the engine',
  'engine begins': 'the job',
  'engine connects': 'the job',
  'warm-up': 'the job',
  join: 'the head',
};

type Row = {
  readonly who: string;
  readonly step: string;
  readonly at: number;
  readonly ms: number;
  readonly waits: string;
};

/** All steps in the order of their starts: who, when, how long, and who waits for it. */
export function bootTable(boot: Boot): string {
  return markdownTable(
    ['who', 'step', 'from, s', 'takes, s', 'until, s', 'what waits for it'],
    rowsOf(boot)
      .toSorted((a, b) => a.at - b.at || b.ms - a.ms)
      .map(({ who, step, at, ms, waits }) => [
        who,
        step,
        seconds(at - boot.startedAt),
        seconds(ms),
        seconds(at + ms - boot.startedAt),
        waits,
      ]),
  );
}

/** One line for each engine: when which stage was reached, in seconds from start-execution. */
export function bootTotals(boots: readonly Boot[]): string {
  const since = (boot: Boot, at: number) => seconds(at - boot.startedAt);
  return markdownTable(
    [
      'engine',
      'hosts begin',
      'cluster',
      'workers there',
      'first batch',
      'every process has one',
      'last batch',
      'the end',
      'largest process, MB',
    ],
    boots.map((boot) => {
      const { info, spans } = boot;
      const begins = info.hosts.map(({ bootStartedAt }) => bootStartedAt);
      const head = info.hosts.find(({ role }) => role === 'head');
      const firsts = firstBatches(boot).map(({ startedAt }) => startedAt);
      return [
        boot.engine,
        since(boot, Math.min(...begins)),
        since(boot, head?.readyAt ?? Number.NaN),
        since(boot, info.workersReadyAt),
        since(boot, Math.min(...firsts)),
        since(boot, Math.max(...firsts)),
        since(boot, Math.max(...spans.map(({ endedAt }) => endedAt))),
        since(boot, boot.endedAt),
        (Math.max(...spans.map(({ rssPeakBytes }) => rssPeakBytes)) / 1e6).toFixed(0),
      ];
    }),
  );
}

function rowsOf({ states, info, spans, startedAt }: Boot): Row[] {
  const launched = Math.min(...info.hosts.map(({ bootStartedAt }) => bootStartedAt));
  const before = [...states.filter(({ at }) => at < launched), { name: '', at: launched }];
  const machine = before.slice(0, -1).map(({ name, at }, index) => ({
    ...{ who: 'state machine', step: name, at, ms: (before[index + 1]?.at ?? at) - at },
    waits: 'all',
  }));
  const names = nameHosts(info);
  const hosts = info.hosts.flatMap(({ instanceId, steps }) =>
    steps.map(({ name, ms, startedAt: at = Number.NaN }) => ({
      ...{ who: names.get(instanceId) ?? instanceId, step: name, at, ms },
      waits: WAITS[name] ?? 'its host',
    })),
  );
  const batches = firstBatches({ spans }).map(({ worker, startedAt: at, coldStartMs, endedAt }) => ({
    ...{ who: processName(names, worker), step: `first batch, after ${seconds(coldStartMs)} s of start`, at },
    ...{ ms: endedAt - at, waits: '' },
  }));
  return [...machine, ...hosts.filter(({ at }) => at >= startedAt), ...batches];
}

/** Of each process the first batch that it did. */
function firstBatches({ spans }: Pick<Boot, 'spans'>): Boot['spans'] {
  const first = new Map<string, Boot['spans'][number]>();
  for (const span of spans.toSorted((a, b) => a.startedAt - b.startedAt))
    if (!first.has(span.worker)) first.set(span.worker, span);
  return [...first.values()];
}

function nameHosts({ hosts }: Boot['info']): Map<string, string> {
  let workers = 0;
  const name = (role: string) => (role === 'head' ? 'head' : `worker ${++workers}`);
  return new Map(hosts.map(({ instanceId, role }) => [instanceId, name(role)]));
}

/** `i-0abc/17` as `worker 1, process 17`. */
function processName(names: ReadonlyMap<string, string>, worker: string): string {
  const [instance = '', process = ''] = worker.split('/');
  return `${names.get(instance) ?? instance}, process ${process}`;
}

function seconds(milliseconds: number): string {
  return (milliseconds / 1000).toFixed(2);
}
