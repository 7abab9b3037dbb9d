import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { nameText } from '../../../src/dataset/name-text.ts';

describe('nameText', () => {
  it.each(['café.png', 'a\\xe9.png', '\ufeffa.png', '日\u2028本\n.png', '😀'])(
    'gives %j as it is',
    (name) => {
      expect(nameText(Buffer.from(name))).toEqual({ text: name, exact: true });
    },
  );

  it.each([
    ['Latin-1', Buffer.from('caf\xe9.png', 'latin1'), 'caf\\xe9.png'],
    ['beside a character', Buffer.concat([Buffer.from('é'), Buffer.from([0xe9])]), 'é\\xe9'],
    ['a character that is cut off', Buffer.from([0x61, 0xe2, 0x82]), 'a\\xe2\\x82'],
    ['a surrogate', Buffer.from([0xed, 0xa0, 0x80]), '\\xed\\xa0\\x80'],
    ['a longer form than needed', Buffer.from([0xc0, 0xaf]), '\\xc0\\xaf'],
    ['a backslash', Buffer.from('\\xe9\xe9', 'latin1'), '\\x5cxe9\\xe9'],
    ['a low byte', Buffer.from([0x09, 0x80]), '\t\\x80'],
  ])('escapes bytes that are not UTF-8: %s', (_, bytes, text) => {
    expect(nameText(bytes)).toEqual({ text, exact: false });
  });

  it('lets the bytes be had back', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 12 }), (name) => {
        const { text, exact } = nameText(Buffer.from(name));
        expect(exact ? Buffer.from(text) : bytesOf(text)).toEqual(Buffer.from(name));
      }),
      { numRuns: 2_000 },
    );
  });
});

/** What a reader of the text would do. */
function bytesOf(text: string): Buffer {
  const parts = text.split(/\\x([0-9a-f]{2})/);
  return Buffer.concat(parts.map((part, at) => Buffer.from(part, at % 2 === 0 ? 'utf8' : 'hex')));
}
