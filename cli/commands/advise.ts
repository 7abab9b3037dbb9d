import type { Advice } from '../../src/advice/advice.ts';
import { advise } from '../../src/advice/advise.ts';
import { SETTINGS, type Settings } from '../../src/advice/candidates.ts';
import { workloadOf } from '../../src/advice/run-advice.ts';
import { choiceText, optionsOf } from '../../src/advice/sentence.ts';
import { breakEvenSentences, flipSentences, refusalSentences } from '../../src/advice/text.ts';
import { engineSchema } from '../../src/contract/engines.ts';
import { duration, usd } from '../../src/format.ts';
import { defaultCalibration } from '../../src/model/parameters.ts';
import { parse } from '../../src/parse.ts';
import { type AdviceRequestInput, adviceRequestSchema } from '../../src/run/advice-request.ts';
import type { Context } from '../context.ts';
import { EXIT } from '../exit-code.ts';
import { readModelInput } from '../model-input.ts';
import type { ModelRequest } from '../model-options.ts';
import { textTable } from '../text-table.ts';
import { besideArms, footing, footOf } from './estimate.ts';

/**
 * Which arm with which settings. A setting that the command line names is not up for choice; all others are, also where a
 * measured run had them.
 */
export async function adviseCommand(
  context: Context,
  request: Omit<ModelRequest, 'inAws'>,
  asked: AdviceRequestInput = {},
) {
  const input = await readModelInput(context, { ...request, inAws: true });
  const { job, calibration, prices } = input;
  const calibrations =
    request.from === undefined ? engineSchema.options.map(defaultCalibration) : [calibration];
  const workload = { ...workloadOf(job), warm: request.job.warm ?? false };
  const advice = advise(
    { workload, fixed: fixedOf(request.job), calibrations, prices },
    parse(adviceRequestSchema, asked, 'What the advice is to heed'),
  );
  const text = [
    advice.sentence,
    '',
    ...choiceTable(advice),
    '',
    besideArms(job),
    ...paragraph('Refused', refusalSentences(advice)),
    ...paragraph('Break-even', breakEvenSentences(advice)),
    ...paragraph('What would change it', flipSentences(advice)),
    '',
    ...advice.notes.map((note) => `Note: ${note}`),
    ...footing(input),
    ...(advice.best === null ? [] : ['', `fanfleet run <prefix> ${optionsOf(advice.best)}`]),
  ].join('\n');
  return {
    json: { ...advice, prices: footOf(prices) },
    text,
    exitCode: advice.best === null ? EXIT.THRESHOLD_MISSED : EXIT.OK,
  };
}

function fixedOf(job: ModelRequest['job']): Partial<Settings> {
  return Object.fromEntries(SETTINGS.flatMap((name) => (job[name] === undefined ? [] : [[name, job[name]]])));
}

function choiceTable({ best, runnerUp, nearest }: Advice): string[] {
  const shown = [
    ...(best === null ? [] : [['advised', best] as const]),
    ...(runnerUp === null ? [] : [['other arm', runnerUp] as const]),
    ...(nearest === null ? [] : [['nearest', nearest] as const]),
  ];
  return textTable(
    [
      { title: '', align: 'left' },
      { title: 'with', align: 'left' },
      { title: 'time', align: 'right' },
      { title: 'cost', align: 'right' },
      { title: 'limited by', align: 'left' },
    ],
    shown.map(([name, choice]) => [
      name,
      choiceText(choice),
      duration(choice.seconds * 1000),
      usd(choice.usd),
      choice.limit,
    ]),
  );
}

function paragraph(title: string, lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : ['', title, ...lines.map((line) => `  ${line}`)];
}
