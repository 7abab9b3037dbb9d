/**
 * Fails where a file of src/ imports from a room above its own, or from outside of src/: docs/architecture.md has the order;
 * where a workload imports another one; and where files, of whichever folder, import each other.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { WORKLOAD_NAMES } from '../src/workloads/names.ts';
import { cyclesOf } from './rooms/cycles.ts';
import { problemsOf, readImports, roomsIn } from './rooms/rooms.ts';
import { workloadsThatKnowAnother } from './rooms/workloads.ts';

const OTHER_FOLDERS = ['cli', 'functions', 'ec2-workers', 'localstack', 'scripts', 'bench', 'test'];

const root = join(import.meta.dirname, '..');
const rooms = roomsIn(await readFile(join(root, 'docs/architecture.md'), 'utf8'));
const ofSrc = await readImports(root);
const others = await Promise.all(OTHER_FOLDERS.map((folder) => readImports(root, folder)));
const problems = [
  ...problemsOf(ofSrc, rooms),
  ...workloadsThatKnowAnother(ofSrc, WORKLOAD_NAMES),
  ...cyclesOf([...ofSrc, ...others.flat()]).map((files) => `files import each other: ${files.join(' > ')}`),
];
for (const problem of problems) process.stderr.write(`${problem}\n`);
if (problems.length > 0) process.exitCode = 1;
