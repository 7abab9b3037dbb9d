import { describe, expect, it } from 'vitest';
import { Call, readPickle } from '../../../../src/models/weights/pickle.ts';

const read = (text: string) => readPickle(Buffer.from(text, 'latin1'));

describe('readPickle', () => {
  it('names what a pickle would call, and does not call it', () => {
    // `os.system("exit 3")`, as pickle.dumps has it of an object whose __reduce__ says so.
    expect(read('\x80\x02cposix\nsystem\nq\x00X\x06\x00\x00\x00exit 3q\x01\x85q\x02Rq\x03.')).toEqual(
      new Call('posix.system', ['exit 3']),
    );
  });

  it('has the numbers, texts, lists and dicts of protocols 2 and 4', () => {
    // pickle.dumps({"a": [1, 300, -5, 2**40, 1.5, None, True], "b": (1, 2)}, n)
    const expected = new Map<string, unknown>([
      ['a', [1, 300, -5, 2 ** 40, 1.5, null, true]],
      ['b', [1, 2]],
    ]);
    const two =
      '\x80\x02}q\x00(X\x01\x00\x00\x00aq\x01]q\x02(K\x01M,\x01J\xfb\xff\xff\xff\x8a\x06\x00\x00\x00\x00\x00\x01G?\xf8\x00\x00\x00\x00\x00\x00N\x88eX\x01\x00\x00\x00bq\x03K\x01K\x02\x86q\x04u.';
    const four =
      '\x80\x04\x95*\x00\x00\x00\x00\x00\x00\x00}\x94(\x8c\x01a\x94]\x94(K\x01M,\x01J\xfb\xff\xff\xff\x8a\x06\x00\x00\x00\x00\x00\x01G?\xf8\x00\x00\x00\x00\x00\x00N\x88e\x8c\x01b\x94K\x01K\x02\x86\x94u.';
    expect(read(two)).toEqual(expected);
    expect(read(four)).toEqual(expected);
  });

  it.each([
    ['cut', '\x80\x02}q\x00(X\x09\x00\x00\x00a', RangeError],
    ['without an end', '\x80\x02}', RangeError],
    ['of another kind', '\x80\x02i', SyntaxError],
    ['ended without a value', '\x80\x02.', SyntaxError],
    ['of something that it has not kept', '\x80\x02h\x05.', SyntaxError],
  ])('refuses one that is %s', (_, text, error) => {
    expect(() => read(text)).toThrow(error);
  });
});
