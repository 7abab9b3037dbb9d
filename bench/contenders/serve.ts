import { createHash } from 'node:crypto';
import { argv, stdin, stdout } from 'node:process';
import { createInterface } from 'node:readline';
import type { Job, Task } from '../job.ts';
import type { StatisticsRow } from '../statistics-row.ts';

/** Of an image: what was measured, or the file that was written of it. Of vectors their labels. */
export type Result = StatisticsRow | Uint32Array | Buffer;

/** Does all images once. The results are in the order of the names. */
export type Pass = () => Promise<readonly Result[]>;

/**
 * Be the process of a contender: `node THIS VARIANT JOB`. It says `{"ready":true}`, and then answers every line that it
 * reads with a line of JSON:
 *
 *     run N    do all images N times: {"images":…,"seconds":…}
 *     digest   {"digest":…}: SHA-256 over the results of the last pass
 *     rows     {"rows":[[…]]}: nine integers per image, of what was measured or of the file that was written
 *     facts    {"facts":{…}}: numbers that are told of the last pass beside the results
 */
export async function serve<T extends string = Task>(
  prepare: (job: Job<T>, variant: string) => Promise<Pass>,
  facts: () => Readonly<Record<string, number>> = () => ({}),
): Promise<void> {
  const [, , variant = '', job = ''] = argv;
  const pass = await prepare(JSON.parse(job), variant);
  answer({ ready: true });
  let results: readonly Result[] = [];
  for await (const line of createInterface({ input: stdin })) {
    const [request, count] = line.split(' ');
    if (request === 'run') {
      let images = 0;
      const started = performance.now();
      for (let done = 0; done < Number(count); done += 1) {
        results = await pass();
        images += results.length;
      }
      answer({ images, seconds: (performance.now() - started) / 1000 });
    } else if (request === 'digest') {
      answer({ digest: digest(results) });
    } else if (request === 'rows') {
      answer({ rows: await Promise.all(results.map(rowOf)) });
    } else if (request === 'facts') {
      answer({ facts: facts() });
    } else {
      throw new TypeError(`Expected \`run N\`, \`digest\`, \`rows\` or \`facts\` but got ${line}`);
    }
  }
}

function answer(value: object): void {
  stdout.write(`${JSON.stringify(value)}\n`);
}

/** As `digest` in serve.py. */
function digest(results: readonly Result[]): string {
  const total = createHash('sha256');
  for (const result of results) {
    const data = Buffer.isBuffer(result) ? result : result.join(',');
    total.update(createHash('sha256').update(data).digest());
  }
  return total.digest('hex');
}

async function rowOf(result: Result): Promise<StatisticsRow> {
  if (!Buffer.isBuffer(result)) return Array.isArray(result) ? result : [...result];
  const { exactRow } = await import('../exact-rows.ts');
  return exactRow(result);
}
