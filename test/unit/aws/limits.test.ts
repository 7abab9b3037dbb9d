import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import {
  EC2_LIMITS,
  LAMBDA_LIMITS,
  LIMITS_READ,
  S3_LIMITS,
  STEP_FUNCTIONS_LIMITS,
} from '../../../src/aws/limits.ts';
import { MAX_BATCH_JSON_BYTES } from '../../../src/plan/cut.ts';

const read = (path: string) => readFileSync(new URL(`../../../${path}`, import.meta.url), 'utf8');
const GROUPS = {
  lambda: LAMBDA_LIMITS,
  stepFunctions: STEP_FUNCTIONS_LIMITS,
  s3: S3_LIMITS,
  ec2: EC2_LIMITS,
};

describe('the limits of AWS', () => {
  it('are those of docs/limits.md, which has a page of AWS for each', () => {
    const rows = read('docs/limits.md').matchAll(/^\| `(\w+\.\w+)` \| ([\d,]+) \| .+ \| (.+) \|$/gm);
    const inDocs = [...rows].map(([, name, value, source = '']) => {
      expect(source, name).toMatch(/\]\(https:\/\/(docs\.)?aws\.amazon\.com\/.+\)/);
      return [name, Number(value?.replaceAll(',', ''))];
    });
    const inCode = Object.entries(GROUPS).flatMap(([service, limits]) =>
      Object.entries(limits).map(([name, value]) => [`${service}.${name}`, value]),
    );
    expect(inDocs).toEqual(inCode);
    const [year, month, day] = LIMITS_READ.split('-').map(Number);
    const date = new Date(Date.UTC(year ?? 0, (month ?? 0) - 1, day)).toLocaleDateString('en-GB', {
      ...{ day: 'numeric', month: 'long', year: 'numeric', timeZone: 'UTC' },
    });
    expect(read('docs/limits.md')).toContain(`as of ${date}`);
  });

  it('were compared with their sources in the last year (docs/limits.md says how)', () => {
    const days = (Date.now() - Date.parse(LIMITS_READ)) / 86_400_000;
    expect(days, 'days since LIMITS_READ of src/aws/limits.ts').toBeLessThan(365);
  });

  it('are kept by the stack', () => {
    const { functions } = parse(read('serverless.yml'), { logLevel: 'silent', merge: true });
    const timeouts = Object.fromEntries(
      Object.entries<{ timeout?: number }>(functions).map(([name, { timeout = 60 }]) => [name, timeout]),
    );
    expect(Math.max(...Object.values(timeouts))).toBe(LAMBDA_LIMITS.timeoutSeconds);
    expect(timeouts.measure).toBe(STEP_FUNCTIONS_LIMITS.expressSeconds);
    expect(MAX_BATCH_JSON_BYTES).toBeLessThan(STEP_FUNCTIONS_LIMITS.stateBytes);
  });

  it('are those of the local AWS', () => {
    const python = read('localstack/function_limits.py');
    expect(python).toContain(`MB_PER_VCPU = ${LAMBDA_LIMITS.memoryPerVcpuMb}\n`);
    expect(python).toContain(`MOST_VCPUS = ${LAMBDA_LIMITS.mostVcpus}\n`);
  });
});
