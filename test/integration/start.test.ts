import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { beforeEach, describe, expect, it } from 'vitest';
import { DEFAULT_ENGINE } from '../../src/contract/engines.ts';
import { setupClone } from '../support/setup-clone.ts';

const { clone, nodePackages, pythonPackages, unreachable } = setupClone();

describe('`npm start`', () => {
  const KERNEL = `native/dist/${process.platform}-${process.arch}/kernel.node`;
  let path: string;

  beforeEach(async () => {
    await nodePackages();
    await mkdir(join(clone(), 'native/src'), { recursive: true });
    for (const file of ['src/lib.rs', 'Cargo.toml', 'Cargo.lock', 'build.rs']) {
      await writeFile(join(clone(), 'native', file), 'source');
    }
    path = join(clone(), 'bin');
    await mkdir(path);
    for (const name of ['cc', 'cmake', 'nasm']) await tool(name, '');
  });

  /** A program on the PATH. */
  function tool(name: string, script: string): Promise<void> {
    return writeFile(join(path, name), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  }
  /** A cargo that builds the kernel once there is the file `go`. */
  const slowCargo = () =>
    tool(
      'cargo',
      `[ "$1" = --version ] && exit
      until [ -e '${join(clone(), 'go')}' ]; do sleep 0.05; done
      mkdir -p target/release && cp src/lib.rs target/release/libfanfleet_kernel.so`,
    );
  /** What is started in the place of the command line. */
  async function command(script: string): Promise<void> {
    await mkdir(join(clone(), 'cli'), { recursive: true });
    const program = `import { existsSync, writeFileSync } from 'node:fs';
      import { setUpDone } from '${fileURLToPath(new URL('../../cli/set-up.ts', import.meta.url))}';
      const shell = { FANFLEET_SET_UP_PIPE: Number(process.env.FANFLEET_SET_UP_PIPE) };
      const done = () => setUpDone({ shell, signal: new AbortController().signal });\n`;
    await writeFile(join(clone(), 'cli/main.ts'), program + script);
  }
  async function start(env: NodeJS.ProcessEnv = {}, ...options: string[]) {
    const child = spawn(process.execPath, [join(clone(), 'scripts/start.mjs'), ...options], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { PATH: `${path}:${dirname(process.execPath)}:/usr/bin:/bin`, HOME: clone(), ...env },
    });
    const [stdout, stderr, [code]] = await Promise.all([
      text(child.stdout),
      text(child.stderr),
      once(child, 'close'),
    ]);
    return { code, stdout, stderr };
  }

  it('starts the command while the kernel is built, and lets it wait for the end of that', async () => {
    // Prepare
    await pythonPackages();
    await slowCargo();
    await command(`
      console.log(process.argv.slice(2).join(' '), existsSync('${join(clone(), KERNEL)}'));
      writeFileSync('${join(clone(), 'go')}', '');
      await done();
      console.log(existsSync('${join(clone(), KERNEL)}'));
      process.exitCode = 3;`);

    // Act
    const { code, stdout } = await start({}, '--images', 'a folder');

    // Assess
    expect(stdout).toBe('start --images a folder false\ntrue\n');
    expect(code).toBe(3);
  });

  it('lets it wait for nothing where all is there', async () => {
    await pythonPackages();
    await writeFile(join(clone(), 'go'), '');
    await slowCargo();
    await command('await done();');
    await start();
    expect(await start()).toEqual({ code: 0, stdout: '', stderr: '' });
  });

  it('ends with the command where that fails, and builds on for nobody', async () => {
    await pythonPackages();
    await slowCargo();
    await command('process.exitCode = 7;');
    expect((await start()).code).toBe(7);
    expect(existsSync(join(clone(), KERNEL))).toBe(false);
  });

  it('does not start the command without its packages', async () => {
    await slowCargo();
    await command("console.log('started');");
    const { code, stdout, stderr } = await start(await unreachable());
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain('a package registry cannot be reached');
  });

  it.each([
    ['Node packages', 'npm', 'trap "" INT; touch ../npm-began; sleep 3600'],
    ['the native kernel', 'cargo', '[ "$1" = --version ] && exit; touch ../cargo-began; exec sleep 3600'],
  ])(
    'ends with all that installs %s at Ctrl-C, however long that would take, and tells no fault',
    async (_, name, script) => {
      // Prepare
      if (name === 'npm') await rm(join(clone(), 'node_modules'), { recursive: true });
      await pythonPackages();
      await slowCargo();
      await tool(name, script.replace('..', clone()));
      await command('process.on("SIGINT", () => process.exit(130)); setInterval(() => {}, 1000);');
      const child = spawn(process.execPath, [join(clone(), 'scripts/start.mjs')], {
        stdio: ['ignore', 'pipe', 'pipe'],
        // A group of its own, as that of a terminal.
        detached: true,
        env: { PATH: `${path}:${dirname(process.execPath)}:/usr/bin:/bin`, HOME: clone() },
      });
      const said = text(child.stderr);
      const ended = once(child, 'close');
      await expect.poll(() => existsSync(join(clone(), `${name}-began`))).toBe(true);

      // Act
      process.kill(-(child.pid ?? 0), 'SIGINT');

      // Assess
      expect(await ended).toEqual([130, null]);
      expect(await said).not.toMatch(/could not|failed|left out/);
      expect(() => process.kill(-(child.pid ?? 0), 0)).toThrow('ESRCH');
    },
  );

  it('installs what the engine needs that it runs with', async () => {
    expect(await readFile(join(clone(), 'scripts/start.mjs'), 'utf8')).toContain(
      `DEFAULT_ENGINE = '${DEFAULT_ENGINE}'`,
    );
  });
});
