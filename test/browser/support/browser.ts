import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import chromium, { inflate } from '@sparticuz/chromium';
import puppeteer, { type Browser } from 'puppeteer-core';

const CACHE = join(import.meta.dirname, '..', '..', '..', 'node_modules', '.cache');
const FONTS = join(import.meta.dirname, 'fonts.conf');
const ARCHIVES = join(dirname(createRequire(import.meta.url).resolve('@sparticuz/chromium')), '..', 'bin');

export interface BrowserOptions {
  /** Use the libraries that came with the browser even if the machine has its own. @default only where it has none */
  readonly bundledLibraries?: boolean;
}

/** Chromium of the package, without a display, with the fonts of the package, so that a page is the same everywhere. */
export async function launchBrowser({ bundledLibraries = false }: BrowserOptions = {}): Promise<Browser> {
  const folder = await unpacked();
  const executablePath = join(folder, 'chromium');
  const env = { ...process.env, FONTCONFIG_FILE: FONTS };
  const withLibraries = { ...env, LD_LIBRARY_PATH: join(folder, 'al2023', 'lib') };
  const runs = spawnSync(executablePath, ['--version'], { env }).status === 0;
  return puppeteer.launch({
    executablePath,
    env: runs && !bundledLibraries ? env : withLibraries,
    headless: 'shell',
    args: ['--no-sandbox', '--disable-gpu', '--font-render-hinting=none'],
  });
}

/** The folder with what the package has packed; unpacked once, and whole before it has its name. */
async function unpacked(): Promise<string> {
  const folder = join(CACHE, 'chromium');
  if (existsSync(folder)) return folder;
  await mkdir(CACHE, { recursive: true });
  const unfinished = await mkdtemp(`${folder}-`);
  // The package unpacks into the folder for temporary files, and takes what is there for whole.
  const { TMPDIR } = process.env;
  process.env.TMPDIR = unfinished;
  try {
    await Promise.all([chromium.executablePath(), inflate(join(ARCHIVES, 'al2023.tar.br'))]);
    await rename(unfinished, folder).catch(async (error: unknown) => {
      // Another process was faster.
      if (!existsSync(folder)) throw error;
    });
    return folder;
  } finally {
    if (TMPDIR === undefined) delete process.env.TMPDIR;
    else process.env.TMPDIR = TMPDIR;
    await rm(unfinished, { recursive: true, force: true });
  }
}
