// A benchmark that is broken off while its contender is starting: says the contender's process id, and ends.
import { fileURLToPath } from 'node:url';
import { ContenderProcess } from '../../../bench/contender-process.ts';
import type { Job } from '../../../bench/job.ts';

const SCRIPT = fileURLToPath(new URL('contender.mjs', import.meta.url));
const JOB: Job = { folder: '/', source: 'memory', task: 'statistics', threads: 1, store: null };
const command = () => [process.execPath, SCRIPT, 'deaf'] as const;
const started = await ContenderProcess.start({ name: 'deaf', kind: 'tuned', command }, JOB);
const { seconds: pid } = await started.run(1);
process.stdout.write(`${pid}\n`);
process.exit();
