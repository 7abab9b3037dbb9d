import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import { parseStat, treeUsage } from '../../../bench/process-tree.ts';

describe('parseStat', () => {
  it('reads the parent and all CPU time, whatever the name of the program is', () => {
    const stat = '4711 (a (b) 1 2) S 42 4711 4711 0 -1 4194304 100 0 0 0 7 5 30 1 20 0 1 0 100 0 0';

    expect(parseStat(stat)).toEqual({ parent: 42, ticks: 7 + 5 + 30 + 1 });
  });
});

describe.runIf(process.platform === 'linux')('treeUsage', () => {
  it('counts the processes below one, too', async () => {
    const busy = 'const until = process.cpuUsage().user + 150e3; while (process.cpuUsage().user < until);';
    const inner = `${busy} process.stdout.write("done"); process.stdin.resume()`;
    const outer = `require('node:child_process').spawn(process.execPath, ['-e', ${JSON.stringify(inner)}], {stdio: 'inherit'})`;
    const child = spawn(process.execPath, ['-e', outer], { stdio: ['pipe', 'pipe', 'inherit'] });
    try {
      await once(child.stdout, 'data');

      const usage = treeUsage(child.pid ?? 0);

      expect(usage?.cpuSeconds).toBeGreaterThanOrEqual(0.14);
      expect(usage?.peakBytes).toBeGreaterThan(2 ** 20);
    } finally {
      child.stdin.end();
      await once(child, 'exit');
    }
  });
});
