import { type EngineInfo, listEngines, modelRuntimeVersion } from '../../src/fleet/engine-versions.ts';
import { UNKNOWN } from '../../src/format.ts';
import type { Context } from '../context.ts';
import { type TextColumn, textTable } from '../text-table.ts';

const COLUMNS: readonly TextColumn[] = [
  { title: 'engine', align: 'left' },
  { title: 'versions', align: 'left' },
  { title: 'dashboard', align: 'left' },
  { title: 'what it is', align: 'left' },
];

/** What the fleet can run. */
export async function enginesCommand({ root }: Pick<Context, 'root'>) {
  const engines = await listEngines(root);
  const brought = engines.flatMap(({ name, brings }) => (brings === null ? [] : [`${brings} (${name})`]));
  const onnxruntime = await modelRuntimeVersion(root);
  const text = [
    ...textTable(COLUMNS, engines.map(cells)),
    '',
    `Each does ${[...new Set(engines.flatMap(({ does }) => does))].join(', ')}.`,
    `Hosts need ${[...new Set(engines.map(({ needs }) => needs))].join('; ')}. ${brought.join(' and ')} come with the packages.`,
    `Models run in ONNX Runtime ${onnxruntime}, in functions and with every engine.`,
  ].join('\n');
  return { json: { engines, onnxruntime }, text };
}

function cells({ name, isDefault, versions, dashboardPort, what }: EngineInfo): string[] {
  return [
    isDefault ? `${name} (default)` : name,
    Object.entries(versions)
      .map((each) => each.join(' '))
      .join(', '),
    dashboardPort === null ? UNKNOWN : `:${dashboardPort}`,
    what,
  ];
}
