import type { ArmRound } from '../../aggregate/run-facts.ts';
import { isKernelOfSingleThread } from '../../contract/one-kernel.ts';
import type { Unit } from '../../contract/unit.ts';
import { leftOutText } from '../../dataset/left-out.ts';
import type { FleetInfo } from '../../fleet/arm-info.ts';
import { count, duration, figure, instant, itemCount, memory, plural, sentence } from '../../format.ts';
import { kernelsText } from '../../kernels-text.ts';
import { workloadText } from '../../workloads/text.ts';
import { answerMethod } from '../answers/reports.ts';
import { type Fragment, html, type Markup } from '../markup.ts';
import { planned } from '../plan-remarks.ts';
import type { Summary } from '../summary-schema.ts';
import { pair, pairList, scrolling, stackedTable } from './parts.ts';

/** The instances of the fleet, as each saw its own boot. */
export function fleetSection(shown: readonly ArmRound[]): Markup | null {
  const arm = shown.find((armRound) => armRound.arm === 'fleet');
  if (arm === undefined) return null;
  const { fleet, instances } = arm;
  if (fleet === null) {
    const why =
      instances?.length === 0
        ? 'No instance was started: an earlier run had done every batch.'
        : 'The fleet left no record of its hosts.';
    return html`<section><h2>Fleet</h2><p>${why}</p></section>`;
  }
  const missing = fleet.workersRequested - fleet.workersJoined;
  const added = (fleet.workerStarts ?? []).reduce((sum, { instances }) => sum + (instances?.length ?? 0), 0);
  return html`<section><h2>Fleet</h2>
<p>${fleet.engine}: ${fleet.workersJoined} of ${plural(fleet.workersRequested, 'worker')} joined, ${duration(
    Math.max(0, fleet.workersReadyAt - fleet.jobStartedAt),
  )} after the job began; the engine ran ${duration(Math.max(0, fleet.engineEndedAt - fleet.engineStartedAt))}.
${missing > 0 ? html`<b class="bad">${plural(missing, 'worker')} did not join.</b>` : null}
${added > 0 ? html`The head started ${plural(added, 'more worker')} while it ran.` : null}</p>
${stackedTable(
  [
    { name: 'host' },
    { name: 'role', text: true },
    { name: 'address', text: true },
    { name: 'type', text: true },
    { name: 'CPUs' },
    { name: 'memory' },
    { name: 'boot' },
  ],
  fleet.hosts.map((host) => [
    html`<bdi class="key">${host.instanceId}</bdi>`,
    host.role,
    html`<bdi class="key">${host.address}</bdi>`,
    host.instanceType,
    count(host.cpus),
    memory(host.memoryBytes),
    duration(Math.max(0, host.readyAt - host.bootStartedAt)),
  ]),
)}
${withoutNativeKernel(fleet)}
<details><summary>Boot steps and settings</summary>
${pairList([
  ...fleet.hosts.map(({ instanceId, steps }) =>
    pair(instanceId, steps.map(({ name, ms }) => `${name} ${duration(ms)}`).join(', ')),
  ),
  ...Object.entries(fleet.versions).map(([name, version]) => pair(name, version)),
  ...Object.entries(fleet.settings).map(([name, value]) => pair(name, value)),
])}
${fleet.clusterStatus === '' ? null : scrolling('What the cluster said of itself', html`<pre>${lines(fleet.clusterStatus)}</pre>`)}
</details></section>`;
}

/** Why hosts could not load the native kernel: each reason once, as all of a fleet mostly have the same one. */
function withoutNativeKernel({ hosts }: FleetInfo): Markup | null {
  const without = hosts.filter(({ noNativeKernel }) => noNativeKernel !== null);
  if (without.length === 0) return null;
  const reasons = Map.groupBy(without, ({ noNativeKernel }) => noNativeKernel);
  return html`<p class="note">Without the native kernel: ${[...reasons].map(
    ([reason, those]) =>
      html`${those.length === hosts.length ? 'all hosts' : those.map(({ instanceId }, at) => html`${at === 0 ? '' : ', '}<bdi class="key">${instanceId}</bdi>`)}: ${reason} `,
  )}</p>`;
}

export function environmentSection({
  environment,
  request,
  plan,
  unit,
  runId,
  startedAt,
  endedAt,
}: Summary): Markup {
  const where = environment.offline ? 'local AWS: both arms on this machine' : `AWS, ${environment.region}`;
  const both = request.arms.length > 1;
  return html`<section><h2>Run and environment</h2>
${pairList([
  pair(unit.many, `s3://${request.bucket}/${request.prefix}`),
  pair('who pays for requests', 'this account, as the requester', request.requesterPays),
  pair('plan', `${planned(plan, unit)}; ${plural(plan.skipped, 'other key')} skipped`),
  pair('left out', leftOutText(plan.leftOut), plan.leftOut.length > 0),
  pair('workload', workloadText(request.workload)),
  pair(
    'normalised images',
    `runs/${runId}/<arm>/round-<n>/normalised/`,
    request.workload.name === 'normalise',
  ),
  pair(
    'serverless',
    `${count(request.memory)} MB, at most ${count(request.concurrency)} at once${askedFor(request)}`,
    request.arms.includes('serverless'),
  ),
  pair(
    'fleet',
    `${plural(request.workers, 'worker')} of ${request.instanceType} and a head, ${request.engine}`,
    request.arms.includes('fleet'),
  ),
  pair('schedule', request.schedule === 'parallel' ? 'both arms at once' : 'one arm after the other', both),
  pair('where', where),
  pair(
    'machine',
    `${environment.cpuModel}, ${plural(environment.cores, 'core')}, ${memory(environment.memoryBytes)}, ${environment.platform}`,
  ),
  pair(
    'versions',
    [
      `node ${environment.node}`,
      ...Object.entries(environment.versions).map(([name, version]) => `${name} ${version}`),
    ].join(', '),
  ),
  pair('run', `${runId}: ${instant(startedAt)} to ${instant(endedAt)}`),
])}</section>`;
}

/** Where the account runs fewer at once than were asked for. */
function askedFor({ accountLimit, concurrency }: Summary['request']): string {
  const asked = accountLimit?.askedConcurrency ?? concurrency;
  return asked === concurrency ? '' : ` (${count(asked)} asked for; the account has no more)`;
}

export function methodSection({ arms, baseline, request, unit }: Summary): Markup {
  return html`<section><h2>Method</h2>
<p>Both arms read the same manifest and do the same work. Their result files are read again, every key is checked
to be there exactly once and in order, every row to be consistent with itself, and ${answerMethod(request)}. Arms are ranked only if the SHA-256 over all rows is the same, and one kernel measured in both.</p>
<p>Wall time is by the clock of the state machine, from the start of an arm to its end. ${sentence(unit.many)} per second and MB per second (10<sup>6</sup> bytes)
are over the wall time, boot and teardown included; failed ${unit.many} do not count. ${normalisedText(request)} Peak batches is how many were at work
at the same time; peak memory is that of one worker process. ${baselineText(baseline, arms, unit)}
${request.repeats === 1 ? 'With one round, noise is not known.' : `Times are medians of ${count(request.repeats)} rounds.`}</p>
</section>`;
}

function normalisedText({ workload, baseline }: Summary['request']): string {
  if (workload.name !== 'normalise') return '';
  const proof =
    workload.params.format === 'jpeg'
      ? 'the checksum of the pixels that were encoded, since encoders of JPEG differ: equal answers are equal pixels'
      : 'the SHA-256 of the file: equal answers are equal files';
  const unwritten = baseline ? ' The single-thread run encoded the images, but did not write them.' : '';
  return `The row of a normalised image has ${proof}. Images per second include writing the files.${unwritten}`;
}

function baselineText(baseline: Summary['baseline'], arms: Summary['arms'], unit: Unit): string {
  if (baseline === null) return 'No single-thread run was made, so there is no speedup.';
  const what = baseline.complete ? `all ${unit.many}` : `a sample of ${itemCount(baseline.items, unit)}`;
  return `Speedup is over one thread with the kernel ${baseline.kernel}, ${unit.many} one after the other, on ${what}: ${figure(baseline.itemsPerSecond)} ${unit.many} per second.${otherKernels(arms, baseline.kernel)}`;
}

/** Arms without a speedup, since another program than that of the single thread measured. */
function otherKernels(arms: Summary['arms'], kernel: string): string {
  const others = arms.filter(({ kernels }) => kernels.length > 0 && !isKernelOfSingleThread(kernels, kernel));
  return others
    .map(({ arm, kernels }) => ` The ${arm} arm has none, since it measured with ${kernelsText(kernels)}.`)
    .join('');
}

/** Text with its line ends, each line escaped: they are control characters and would be shown as such. */
function lines(text: string): Fragment {
  return text.split('\n').map(
    (line) => html`${line}
`,
  );
}
