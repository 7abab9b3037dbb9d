import { PassThrough } from 'node:stream';
import { setImmediate as turn } from 'node:timers/promises';
import { beforeEach, describe, expect, it } from 'vitest';
import { createIo } from '../../../cli/io.ts';

class Sink extends PassThrough {
  isTTY = false;
  get text(): string {
    return String(this.read() ?? '');
  }
}

let stdout: Sink;
let stderr: Sink;
let clock: number;
const open = (json = false) => createIo({ stdout, stderr, json, now: () => clock });

beforeEach(() => {
  stdout = new Sink();
  stderr = new Sink();
  clock = 1_000_000;
});

describe('result', () => {
  it('is the text on stdout, ended by one line end', () => {
    open().result({ json: { a: 1 }, text: 'two\nlines' });
    open().result({ json: {}, text: 'ended\n' });
    expect(stdout.text).toBe('two\nlines\nended\n');
    expect(stderr.text).toBe('');
  });

  it('is nothing where there is no text', () => {
    open().result({ json: { error: {} }, text: '' });
    expect(stdout.text).toBe('');
  });

  it('is one line of JSON and no text with --json', () => {
    open(true).result({ json: { a: ['b\n'] }, text: 'for people' });
    expect(stdout.text).toBe('{"a":["b\\n"]}\n');
  });
});

describe('rows', () => {
  it('have integers of any size', async () => {
    await open().rows({}, [{ depth: 16, sumSq: [2n ** 59n - 1n, 7n] }]);
    expect(stdout.text).toBe('{"depth":16,"sumSq":[576460752303423487,7]}\n');
  });

  it('are lines on stdout as they come', async () => {
    const io = open();
    await io.rows({ kernel: 'k' }, [{ key: 'a\n' }, { key: 'b' }]);
    expect(stdout.text).toBe('{"key":"a\\n"}\n{"key":"b"}\n');
    await io.rows({ kernel: 'k' }, []);
    await io.rows({ kernel: 'k' }, [{ key: 'c' }]);
    io.result({ json: { failed: 0 }, text: '' });
    expect(stdout.text).toBe('{"key":"c"}\n');
  });

  it('are a field of one object with --json, between what is known before and after them', async () => {
    const io = open(true);
    await io.rows({ kernel: 'k' }, [{ key: 'a' }, { key: 'b' }]);
    await io.rows({ kernel: 'other' }, [{ key: 'c' }]);
    io.result({ json: { failed: 0 }, text: '' });
    expect(stdout.text).toBe('{"kernel":"k","rows":[{"key":"a"},{"key":"b"},{"key":"c"}],"failed":0}\n');
  });

  it('are waited for where stdout takes no more', async () => {
    const io = open();
    let taken = false;
    const rows = io.rows({}, [{ key: 'x'.repeat(stdout.writableHighWaterMark) }]).then(() => {
      taken = true;
    });
    await turn();
    expect(taken).toBe(false);
    stdout.resume();
    await rows;
  });
});

describe('note and progress', () => {
  it('go to stderr, with --json too', () => {
    const io = open(true);
    io.note('note');
    io.progress('progress');
    expect(stdout.text).toBe('');
    expect(stderr.text).toBe('note\nprogress\n');
  });

  it('write a line of progress every five seconds where there is no terminal', () => {
    const io = open();
    for (const [at, text] of [
      [0, 'a'],
      [100, 'b'],
      [4_999, 'c'],
      [5_000, 'd'],
      [9_999, 'e'],
      [10_000, 'f'],
    ] as const) {
      clock = 1_000_000 + at;
      io.progress(text);
    }
    expect(stderr.text).toBe('a\nd\nf\n');
  });

  it('say the last line of progress when it is over, however soon that is', () => {
    const io = open();
    io.progress('1 done');
    io.progress('2 done');
    io.progress('3 done');
    io.endProgress();
    io.endProgress();
    io.progress('1 packed');
    io.endProgress();
    expect(stderr.text).toBe('1 done\n3 done\n1 packed\n');
  });

  it('replace the line of progress on a terminal, and clear it before anything else is said', () => {
    stderr.isTTY = true;
    const io = open();
    io.progress('1 of 2');
    io.progress('2 of 2');
    io.note('done');
    io.note('really');
    io.progress('more');
    io.result({ json: null, text: 'answer' });
    expect(stderr.text).toBe(
      '\r1 of 2\u001b[J\r2 of 2\u001b[J\r\u001b[Jdone\nreally\n\rmore\u001b[J\r\u001b[J',
    );
    expect(stdout.text).toBe('answer\n');
  });

  it('write several lines over those that stand on the terminal', () => {
    stderr.isTTY = true;
    const io = open();
    io.progress('a\nb\nc');
    io.progress('d\ne');
    io.note('done');
    expect(stderr.text).toBe(
      '\ra\u001b[K\nb\u001b[K\nc\u001b[J\u001b[2A\rd\u001b[K\ne\u001b[J\u001b[1A\r\u001b[Jdone\n',
    );
  });

  it('write no more on a terminal than can be written over again', () => {
    Object.assign(stderr, { isTTY: true, columns: 8, rows: 4 });
    open().progress('1234567\n12345678\n3\n4\n5');
    expect(stderr.text).toBe('\r1234567\u001b[K\n123456…\u001b[K\n… 3 mo…\u001b[J');
  });
});
