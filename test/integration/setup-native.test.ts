import { chmod, link, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { sourcesHash } from '../../scripts/native/build-kernel.mjs';
import { packageName, platformHere } from '../../scripts/native/platforms.mjs';
import { setupClone } from '../support/setup-clone.ts';

const { clone, setup, nodePackages, pythonPackages, unreachable } = setupClone();

describe('the native kernel of a set-up', () => {
  const KERNEL = `native/dist/${process.platform}-${process.arch}/kernel.node`;
  let path: string;

  /** A program on the PATH. */
  async function tool(name: string, script: string): Promise<void> {
    await writeFile(join(path, name), `#!/bin/sh\n${script}\n`);
    await chmod(join(path, name), 0o755);
  }
  /** A cargo that makes a library of the source. */
  const cargo = 'mkdir -p target/release && cp src/lib.rs target/release/libfanfleet_kernel.so';
  const kernel = () => readFile(join(clone(), KERNEL), 'utf8').catch(() => 'none');

  beforeEach(async () => {
    await nodePackages();
    await pythonPackages();
    await mkdir(join(clone(), 'native/src'), { recursive: true });
    for (const file of ['src/lib.rs', 'Cargo.toml', 'Cargo.lock', 'build.rs']) {
      await writeFile(join(clone(), 'native', file), 'first');
    }
    path = join(clone(), 'bin');
    await mkdir(path);
    await tool('cargo', `[ "$1" = --version ] || { ${cargo}; }`);
    for (const name of ['cc', 'cmake', 'nasm']) await tool(name, '');
  });
  const withTools = () => setup({ PATH: `${path}:/usr/bin:/bin` });

  it('is built where the tools are there, and again when its sources change', async () => {
    expect(withTools().stderr).toMatch(
      /^set-up: building the native kernel …\nset-up: native kernel built in [\d.]+ s\n$/,
    );
    expect(await kernel()).toBe('first');
    expect(withTools().stderr).toBe('');
    await writeFile(join(clone(), 'native/src/lib.rs'), 'second');
    expect(withTools().stderr).toContain('native kernel built');
    expect(await kernel()).toBe('second');
  });

  it('has of libjpeg-turbo only the library that is linked, and what the crate takes of an installation', async () => {
    // Prepare: as the crates cmake and turbojpeg-sys call it, and a CMake that makes what it is asked for.
    const crate = join(clone(), 'turbojpeg-sys');
    const headers = ['jerror.h', 'jmorecfg.h', 'jpeglib.h', 'turbojpeg.h'];
    await mkdir(join(crate, 'libjpeg-turbo/src'), { recursive: true });
    for (const name of headers) await writeFile(join(crate, 'libjpeg-turbo/src', name), name);
    const out = join(clone(), 'out');
    await tool(
      'cmake',
      `echo "$@" >>'${join(clone(), 'asked.txt')}'\ncase " $* " in *' --build '*) echo made >libturbojpeg.a; echo of it >jconfig.h;; esac`,
    );
    await tool(
      'cargo',
      `[ "$1" = --version ] || {
        mkdir -p '${out}/build' && cd '${out}/build' && export OUT_DIR='${out}' CARGO_MANIFEST_DIR='${crate}' &&
        "$CMAKE" ../source "-DCMAKE_C_FLAGS= -fPIC -m64" && "$CMAKE" --build '${out}/build' --target install --config Release &&
        cd '${join(clone(), 'native')}' && ${cargo}
      }`,
    );

    // Act
    const { stderr } = withTools();

    // Assess
    expect(stderr).toContain('native kernel built');
    expect((await readFile(join(clone(), 'asked.txt'), 'utf8')).split('\n').slice(-3, -1)).toEqual([
      '../source -DCMAKE_C_FLAGS= -fPIC -m64',
      `--build ${out}/build --target turbojpeg-static --config Release`,
    ]);
    expect(await readFile(join(out, 'lib/libturbojpeg.a'), 'utf8')).toBe('made\n');
    expect(await readFile(join(out, 'include/jconfig.h'), 'utf8')).toBe('of it\n');
    for (const name of headers) expect(await readFile(join(out, 'include', name), 'utf8')).toBe(name);
  });

  it('fails where CMake fails', async () => {
    await tool('cmake', '[ "$1" = --version ]');
    await tool('cargo', '[ "$1" = --version ] || "$CMAKE" --build . --target install');
    expect(withTools().stderr).toContain('its build failed');
  });

  it('is left out in one line where its build fails, and not tried again before its sources change', async () => {
    await tool('cargo', '[ "$1" = --version ] || { echo "what went wrong" >&2; exit 101; }');
    const { status, stderr } = withTools();
    expect(stderr.split('\n')[1]).toMatch(
      /^set-up: the native kernel is left out, and images are measured by the portable one: its build failed \(.*native-kernel\.log\); `npm run build:native` tries again$/,
    );
    expect(await readFile(join(clone(), '.fanfleet/logs/native-kernel.log'), 'utf8')).toBe(
      'what went wrong\n',
    );
    expect(status).toBe(0);
    expect(withTools().stderr).toBe('');
    await tool('cargo', `[ "$1" = --version ] || { ${cargo}; }`);
    await writeFile(join(clone(), 'native/src/lib.rs'), 'second');
    expect(withTools().stderr).toContain('native kernel built');
    expect(withTools().stderr).toBe('');
  });

  it('says once what to install where a tool is missing, and keeps no kernel of other sources', async () => {
    withTools();
    await writeFile(join(clone(), 'native/src/lib.rs'), 'second');
    const bare = () => setup({ PATH: path });
    await rm(join(path, 'cmake'));
    const { status, stderr } = bare();
    expect(stderr).toContain('cmake is missing (CMake, e.g. `apt-get install cmake`');
    expect(stderr).not.toContain('cargo is missing');
    expect(status).toBe(0);
    expect(await kernel()).toBe('none');
    expect(bare().stderr).toBe('');
  });

  describe('of a package that the clone depends on', () => {
    const here = platformHere();
    const name = here === undefined ? '' : packageName(here);
    const published = () => join(clone(), 'node_modules', name);

    beforeEach(async () => {
      const project = JSON.parse(await readFile(join(clone(), 'package.json'), 'utf8'));
      project.optionalDependencies = { [name]: '0.1.0' };
      await writeFile(join(clone(), 'package.json'), JSON.stringify(project));
      await nodePackages();
      await mkdir(published(), { recursive: true });
      await writeFile(join(published(), 'kernel.node'), 'published');
      await writeFile(join(published(), 'kernel.node.sources'), sourcesHash(join(clone(), 'native')));
    });

    it.runIf(here)('is taken, and nothing is built', async () => {
      expect(withTools().stderr).toBe(`set-up: native kernel taken from the package ${name}\n`);
      expect(await kernel()).toBe('published');
      expect(withTools().stderr).toBe('');
    });

    it.runIf(here)('does not write into a file that a process may have open', async () => {
      withTools();
      await link(join(clone(), KERNEL), join(clone(), 'open'));
      await writeFile(join(clone(), 'native/src/lib.rs'), 'second');
      await writeFile(join(published(), 'kernel.node'), 'published second');
      await writeFile(join(published(), 'kernel.node.sources'), sourcesHash(join(clone(), 'native')));
      withTools();
      expect(await kernel()).toBe('published second');
      expect(await readFile(join(clone(), 'open'), 'utf8')).toBe('published');
    });

    it.runIf(here)('is built where the package is of other sources', async () => {
      await writeFile(join(clone(), 'native/src/lib.rs'), 'second');
      expect(withTools().stderr).toContain('native kernel built');
      expect(await kernel()).toBe('second');
    });

    it.runIf(here)('is built where npm left the package out', async () => {
      await rm(published(), { recursive: true });
      expect(withTools().stderr).toContain('native kernel built');
      expect(await kernel()).toBe('first');
    });
  });

  it('does not hold up an error', async () => {
    await tool('cargo', '[ "$1" = --version ] || exec sleep 600');
    await rm(join(clone(), 'node_modules'), { recursive: true });
    const { status, ms } = setup({ ...(await unreachable()), PATH: `${path}:${process.env.PATH}` });
    expect(status).toBe(2);
    expect(ms).toBeLessThan(60_000);
  });
});
