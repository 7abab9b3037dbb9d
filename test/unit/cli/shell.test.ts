import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { readShell, withoutAws } from '../../../cli/shell.ts';

beforeEach(() => {
  for (const name of Object.keys(process.env)) {
    if (/^(AWS|FANFLEET)_/.test(name)) vi.stubEnv(name, undefined);
  }
});
afterEach(() => {
  vi.unstubAllEnvs();
});

const stub = (variables: Readonly<Record<string, string>>) => {
  for (const [name, value] of Object.entries(variables)) vi.stubEnv(name, value);
};

describe('readShell', () => {
  it('has defaults for all', () => {
    expect(readShell()).toMatchObject({ FANFLEET_PORT: 4566, FANFLEET_EC2_PORT: 4577 });
  });

  it.each(['0', '65536', 'http', '1.5'])('refuses %s as a port', (port) => {
    stub({ FANFLEET_PORT: port });
    expect(readShell).toThrow('[INVALID_INPUT] The environment is not valid.');
    expect(readShell).toThrow('for `FANFLEET_PORT`');
  });
});

describe('withoutAws', () => {
  it('keeps everything but what would lead to another AWS', () => {
    stub({ AWS_PROFILE: 'work', AWS_SESSION_TOKEN: 'x', FANFLEET_HOME: '/h' });
    const environment = withoutAws();
    expect(Object.keys(environment).filter((name) => name.startsWith('AWS_'))).toEqual([]);
    expect(environment).toMatchObject({ FANFLEET_HOME: '/h', PATH: process.env.PATH });
  });
});
