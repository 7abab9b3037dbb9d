/** Fails where a file of src/ imports from a room above its own, or from outside of src/: docs/architecture.md has the order. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { problemsOf, readImports, roomsIn } from './rooms/rooms.ts';

const root = join(import.meta.dirname, '..');
const rooms = roomsIn(await readFile(join(root, 'docs/architecture.md'), 'utf8'));
const problems = problemsOf(await readImports(root), rooms);
for (const problem of problems) process.stderr.write(`${problem}\n`);
if (problems.length > 0) process.exitCode = 1;
