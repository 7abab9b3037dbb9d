import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseShutdownRequest, shutdownScript } from '../../../localstack/ec2/hosts/shutdown-command.ts';

describe('parseShutdownRequest', () => {
  it.each([
    ['now\n', { afterMs: 0 }],
    ['5\n', { afterMs: 300_000 }],
    ['cancel\n', 'cancel'],
    ['', undefined],
    ['-1', undefined],
    ['soon', undefined],
  ])('%j', (text, expected) => {
    expect(parseShutdownRequest(text)).toEqual(expected);
  });
});

describe('the command', () => {
  let folder = '';
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "ff it's "));
    mkdirSync(join(folder, 'control'));
    writeFileSync(join(folder, 'shutdown'), shutdownScript(join(folder, 'control')), { mode: 0o755 });
    for (const name of ['poweroff', 'halt', 'reboot']) symlinkSync('shutdown', join(folder, name));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  it.each([
    ['shutdown', ['-h', 'now'], 'now'],
    ['shutdown', ['-P', '+15', 'a message 3'], '15'],
    ['shutdown', ['5'], '5'],
    ['shutdown', [], '1'],
    ['shutdown', ['-c'], 'cancel'],
    ['poweroff', ['-f'], 'now'],
    ['halt', [], 'now'],
  ])('%s %j asks for %s', (name, args, expected) => {
    execFileSync(join(folder, name), args);
    expect(readFileSync(join(folder, 'control', 'request'), 'utf8').trim()).toBe(expected);
  });

  it.each([
    ['shutdown', ['-r', 'now']],
    ['shutdown', ['20:00']],
    ['shutdown', ['tomorrow']],
    ['reboot', []],
  ])('%s %j is refused', (name, args) => {
    const { status, stderr } = spawnSync(join(folder, name), args, { encoding: 'utf8' });
    expect(status).toBe(1);
    expect(stderr).toContain(`${name}: `);
  });
});
