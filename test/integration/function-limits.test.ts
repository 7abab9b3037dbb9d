import { execFileSync } from 'node:child_process';
import { access, constants, readdir } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { CreateFunctionCommand, InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { expect, it } from 'vitest';
import { publishWithMemory } from '../../src/aws/publish-with-memory.ts';
import { startEmulator } from '../support/emulator.ts';

const PYTHON = fileURLToPath(new URL('../../.venv/bin/python', import.meta.url));
const CGROUPS = ['/sys/fs/cgroup/cpu', '/sys/fs/cgroup/memory'];
const NAME = 'burn';
/** Fills so many MiB if asked to; else computes for a second, and returns how many seconds of CPU time it got. */
const CODE =
  'export const main=({mib})=>{if(mib)return Buffer.alloc(mib*2**20,1).length;const{user,system}=process.cpuUsage();for(const end=Date.now()+1000;Date.now()<end;);const used=process.cpuUsage();return(used.user+used.system-user-system)/1e6}';

/** Those of all emulators on this machine. */
const groups = async () => {
  const names = await Promise.all(CGROUPS.map((mount) => readdir(mount)));
  return names.flat().filter((name) => name.startsWith('fanfleet-functions-'));
};

const writable = Promise.all(CGROUPS.map((mount) => access(mount, constants.W_OK))).then(
  () => true,
  () => false,
);

it.runIf(await writable)(
  'gives functions their memory, and CPU time by it, and leaves no cgroup behind',
  async () => {
    const before = await groups();
    const emulator = await startEmulator({ FANFLEET_FUNCTION_LIMITS: 'lambda' });
    const lambda = new LambdaClient(emulator.client);
    try {
      const zip = `import sys,zipfile;zipfile.ZipFile(sys.stdout.buffer,"w").writestr("index.mjs",${JSON.stringify(CODE)})`;
      await lambda.send(
        new CreateFunctionCommand({
          ...{
            FunctionName: NAME,
            Runtime: 'nodejs24.x',
            Handler: 'index.main',
            MemorySize: 512,
            Timeout: 30,
          },
          Role: 'arn:aws:iam::000000000000:role/any',
          Code: { ZipFile: execFileSync(PYTHON, ['-c', zip]) },
        }),
      );
      const cpuSeconds = async (FunctionName: string) => {
        const { Payload } = await lambda.send(new InvokeCommand({ FunctionName }));
        return Number(Buffer.from(Payload ?? []).toString());
      };
      const fill = async (mib: number) => {
        const request = new InvokeCommand({ FunctionName: NAME, Payload: JSON.stringify({ mib }) });
        const { FunctionError, Payload } = await lambda.send(request);
        return { FunctionError, payload: Buffer.from(Payload ?? []).toString() };
      };

      // A quota is a bound from above: what a busy machine gives is less, and never more.
      const small = await cpuSeconds(NAME);
      expect(small).toBeGreaterThan(0);
      expect(small).toBeLessThan(1.5 * (512 / 1769));
      const more = await publishWithMemory(lambda, { functionName: NAME, memory: 1024, deployed: 512 });
      expect(await cpuSeconds(more)).toBeLessThan(1.3 * (1024 / 1769));
      const [sound, tooMuch] = [await fill(300), await fill(700)];
      expect(sound).toEqual({ FunctionError: undefined, payload: String(300 * 2 ** 20) });
      expect(tooMuch.FunctionError).toBeDefined();
      expect(await fill(300)).toEqual(sound);
      expect((await groups()).filter((name) => !before.includes(name))).toHaveLength(2);
    } finally {
      lambda.destroy();
      await emulator.stop();
    }
    // What a killed emulator left is removed by the next one.
    const next = await startEmulator({ FANFLEET_FUNCTION_LIMITS: 'lambda' });
    const own = (await groups()).filter((name) => !before.includes(name));
    await next.stop();
    expect(own).toHaveLength(2);
  },
);
