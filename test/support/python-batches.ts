import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { KernelChoice } from '../../src/contract/kernel-choice.ts';
import type { Stage } from '../../src/contract/stage.ts';
import type { Workload } from '../../src/contract/workload.ts';
import type { Emulator } from './emulator.ts';

const ROOT = new URL('../../', import.meta.url);
const [PYTHON, HOSTS, SCRIPT] = ['.venv/bin/python', 'ec2-workers', 'test/fixtures/do_manifest.py'].map(
  (path) => fileURLToPath(new URL(path, ROOT)),
) as [string, string, string];

/** The lines of all results of a manifest, as a worker of the fleet in Python writes them. */
export async function linesByPython(
  { endpoint, region, credentials }: Emulator['client'],
  run: {
    readonly runsBucket: string;
    readonly manifestKey: string;
    /** Where the results go, with a slash at its end. */
    readonly folder: string;
    readonly bucket: string;
    readonly workload: Workload;
    readonly kernel?: KernelChoice;
    /** Of a workload that has several. */
    readonly stage?: Stage;
  },
): Promise<string[]> {
  const place = `s3://${run.runsBucket}/`;
  const words = [`${place}${run.manifestKey}`, `${place}${run.folder}`, run.bucket];
  const args = [SCRIPT, ...words, JSON.stringify(run.workload), run.kernel ?? 'auto'];
  if (run.stage !== undefined) args.push(JSON.stringify(run.stage));
  const { stdout } = await promisify(execFile)(PYTHON, ['-B', ...args], {
    env: {
      PYTHONPATH: HOSTS,
      AWS_ACCESS_KEY_ID: credentials.accessKeyId,
      AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
      AWS_DEFAULT_REGION: region,
      AWS_ENDPOINT_URL: endpoint,
    },
    maxBuffer: 64 * 1024 * 1024,
  });
  return stdout.split('\n').slice(0, -1);
}
