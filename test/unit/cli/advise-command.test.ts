import { describe, expect, it } from 'vitest';
import { adviseCommand } from '../../../cli/commands/advise.ts';
import type { Context } from '../../../cli/context.ts';

/** It reads prices and figures that come with fanfleet, and talks to nobody. */
const context = { home: '/nonexistent', stage: 'local', shell: {} } as unknown as Context;
const ask = (job: object, asked = {}, more = {}) =>
  adviseCommand(context, { job, params: {}, ...more }, asked);

describe('fanfleet advise', () => {
  it('gives the advice, what it turns on, and the options of a run with it', async () => {
    const { text, json, exitCode } = await ask({ items: 1e5 }, { strategy: 'cost' });
    expect(exitCode).toBe(0);
    const [first] = text.split('\n');
    expect(first).toBe(json.sentence);
    for (const part of [
      'Beside the arms: listing 15.0 s, aggregate 550 ms.',
      'Break-even',
      'What would change it',
      'Rests on: ',
      'Prices: us-east-1, ',
      'Account: 1,000 functions at once; a new one begins with 10',
    ]) {
      expect(text).toContain(part);
    }
    expect(text.split('\n').at(-1)).toBe(
      'fanfleet run <prefix> --arms fleet --engine grpc --workers 2 --instance-type t4g.small --batch-size 500',
    );
    expect(json).toMatchObject({ strategy: 'cost', prices: { region: 'us-east-1' } });
  });

  it('says that the deadline is of the whole run, where an arm alone would keep to it', async () => {
    const { text } = await ask({ items: 5e6 }, { deadlineSeconds: 3600 });
    expect(text).toMatch(/would be too late with the listing and the aggregate, the best of them .*: 47 min/);
    expect(text).toContain('Deadline of the whole run: ');
  });

  it('ends with 1 where nothing keeps to the limits, and says what is nearest', async () => {
    const { text, exitCode } = await ask({ items: 1e6 }, { deadlineSeconds: 60 });
    expect(exitCode).toBe(1);
    expect(text).toMatch(/^nearest/m);
    expect(text).not.toContain('fanfleet run <prefix>');
  });

  it('keeps a setting that is named, and chooses those that a measured run had', async () => {
    const from = 'test/fixtures/summary-real.json';
    const { json } = await ask({ memory: 3008, workers: 7 }, { strategy: 'cost' }, { from });
    const settings = [json.best?.settings, json.runnerUp?.settings];
    expect(settings).toContainEqual(expect.objectContaining({ arm: 'serverless', memory: 3008 }));
    expect(settings).toContainEqual(expect.objectContaining({ arm: 'fleet', workers: 7 }));
    expect(json.calibration).toContain('time of an image by run');
    const free = await ask({}, { strategy: 'cost' }, { from });
    expect(free.json.candidates).toBeGreaterThan(10 * json.candidates);
  });
});
