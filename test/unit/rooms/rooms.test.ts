import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { importsOf, problemsOf, readImports, roomsIn } from '../../../scripts/rooms/rooms.ts';

const ROOT = join(import.meta.dirname, '../../..');
const ROOMS = ['contract', 'run', 'fleet'];

/** What is said of a file that imports another one. */
const said = (from: string, path: string) => problemsOf(importsOf(from, `import '${path}';\n`), ROOMS);

describe('the order of the rooms', () => {
  it('lets a room know itself, those below it, and files of none', () => {
    expect(said('src/fleet/kept/queue.ts', '../launch.ts')).toEqual([]);
    expect(said('src/fleet/kept/queue.ts', '../../run/run.ts')).toEqual([]);
    expect(said('src/contract/row.ts', '../exact-json.ts')).toEqual([]);
  });

  it('refuses each way up, also out of a file of no room', () => {
    expect(said('src/run/run.ts', '../fleet/kept/queue.ts')).toEqual([
      'src/run/run.ts imports src/fleet/kept/queue.ts, whose room comes later in docs/architecture.md',
    ]);
    expect(said('src/errors.ts', './contract/row.ts')).toHaveLength(1);
  });

  it('lets data be read that programs in Python read too', () => {
    expect(said('src/contract/engines.ts', '../../ec2-workers/engines.json')).toEqual([]);
  });

  it('refuses what is not in src, and rooms that have no place in the order', () => {
    expect(said('src/fleet/launch.ts', '../../test/support/free-ports.ts')).toEqual([
      'src/fleet/launch.ts imports test/support/free-ports.ts: src/ knows nothing beside it',
    ]);
    expect(said('src/fleet/launch.ts', '../new/file.ts')).toEqual([
      'src/new is no room of docs/architecture.md',
    ]);
  });
});

describe('importsOf', () => {
  it.each([
    "import { a } from '../run/run.ts';",
    "import type { A } from '../run/run.ts';",
    "import {\n  a,\n  type B,\n} from '../run/run.ts';",
    "import '../run/run.ts';",
    "export { a } from '../run/run.ts';",
    "export type * from '../run/run.ts';",
    "const { a } = await import('../run/run.ts');",
    "type A = import('../run/run.ts').A;",
  ])('sees %s', (text) => {
    expect(importsOf('src/plan/plan.ts', text)).toEqual([{ from: 'src/plan/plan.ts', to: 'src/run/run.ts' }]);
  });

  it('leaves packages alone', () => {
    expect(importsOf('src/plan/plan.ts', "import * as z from 'zod';\nimport 'node:fs';\n")).toEqual([]);
  });
});

it('docs/architecture.md has every room of src', async () => {
  const files = (await readImports(ROOT)).map(({ from }) => from.split('/'));
  const folders = new Set(files.filter(({ length }) => length > 2).map(([, room]) => room));
  const rooms = roomsIn(await readFile(join(ROOT, 'docs/architecture.md'), 'utf8'));
  expect(rooms.toSorted()).toEqual([...folders].sort());
  expect(rooms[0]).toBe('contract');
});
