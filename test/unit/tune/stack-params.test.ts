import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { renderChanges, withParams } from '../../../src/tune/stack-params.ts';

const REAL = await readFile(join(import.meta.dirname, '../../../serverless.yml'), 'utf8');
const TAGS = [
  '!Sub',
  '!Ref',
  '!GetAtt',
  '!If',
  '!Join',
  '!Equals',
  '!Not',
  '!And',
  '!Or',
  '!Select',
  '!Split',
].map((tag) => ({ tag, resolve: (value: unknown) => value }));
const TEXT = `# first
params:
  default:
    memory: 1769 # of measure
    # how many
    batchSize: 100

  prod:
    memory: '2048'
  local:
    architecture: x86_64

custom: {}
`;

describe('withParams', () => {
  it('changes nothing but these values of the real configuration, which every YAML reader takes', () => {
    const { text, changes } = withParams(REAL, 'dev', { memory: 1024, batchSize: 250 });
    const read = (yaml: string) => parse(yaml, { customTags: TAGS as never, logLevel: 'silent' });
    const before = read(REAL);
    before.params.default.memory = 1024;
    before.params.default.batchSize = 250;
    expect(read(text)).toEqual(before);
    expect(changes).toHaveLength(2);
    const lines = REAL.split('\n');
    expect(text.split('\n').filter((line, i) => line !== lines[i])).toEqual([
      '    memory: 1024',
      '    batchSize: 250',
    ]);
  });

  it('writes what was measured offline for the offline stage alone', () => {
    const { text, changes } = withParams(TEXT, 'local', { memory: 512, batchSize: 20 });
    expect(text).toBe(
      TEXT.replace(
        '    architecture: x86_64\n',
        '    architecture: x86_64\n    memory: 512\n    batchSize: 20\n',
      ),
    );
    expect(changes).toEqual([
      { line: 12, before: null, after: '    memory: 512' },
      { line: 13, before: null, after: '    batchSize: 20' },
    ]);
    expect(withParams(text, 'local', { memory: 640 }).changes).toEqual([
      { line: 12, before: '    memory: 512', after: '    memory: 640' },
    ]);
  });

  it('writes for a stage where it has the parameter itself, else for all, and keeps comments', () => {
    expect(withParams(TEXT, 'prod', { memory: 512, batchSize: 7 }).text).toBe(
      TEXT.replace("'2048'", '512').replace('batchSize: 100', 'batchSize: 7'),
    );
    expect(withParams(TEXT, 'dev', { memory: 512 }).text).toContain('    memory: 512 # of measure\n');
  });

  it('leaves the text as it is where the value is there already', () => {
    expect(withParams(TEXT, 'dev', { memory: 1769 })).toEqual({ text: TEXT, changes: [] });
  });

  it.each([
    ['no parameters', 'service: x\n', 'dev', '`params.default`'],
    ['no block of the stage', 'params:\n  default:\n    memory: 1\n', 'local', '`params.local`'],
    [
      'a value of several lines',
      'params:\n  default:\n    memory: >\n      1\n',
      'dev',
      'a plain value of `memory`',
    ],
    ['a reference', 'params:\n  default:\n    memory: *other\n', 'dev', 'a plain value of `memory`'],
  ])('refuses %s', (_, text, stage, expected) => {
    expect(() => withParams(text, stage, { memory: 2 })).toThrow(`[CONFIG_UNEXPECTED] Expected ${expected}`);
  });
});

it('shows changes as a difference', () => {
  const { changes } = withParams(TEXT, 'dev', { memory: 512 });
  expect(renderChanges('serverless.yml', changes)).toBe(
    [
      '--- serverless.yml',
      '+++ serverless.yml',
      '@@ line 4 @@',
      '-    memory: 1769 # of measure',
      '+    memory: 512 # of measure',
    ].join('\n'),
  );
});
