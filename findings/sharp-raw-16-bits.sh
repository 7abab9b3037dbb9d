#!/usr/bin/env bash
# sharp gives the pixels of a 16-bit image in 16 bits, but with values of 8, unless its colour space is named as 16 bits.
#
# One would guess: `sharp(png).raw({ depth: 'ushort' })` gives the samples of a 16-bit PNG as they are stored.
# What happens: the colours become 8-bit sRGB first, and their values, 0 to 255, are then written as 16-bit numbers.
#   `.toColourspace('rgb16')` (grey: 'grey16') before it keeps every bit. Nothing warns, and the type of the array is right.
# Seen with sharp 0.35.5 (libvips 8.18.7) on Node 24, with the samples 0, 256, 4660 and 65535 in R, G and B:
#   raw ushort: 0 1 18 255
#   rgb16, raw ushort: 0 256 4660 65535
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm init --yes >/dev/null
npm install --silent --no-audit --no-fund sharp@0.35.5
cat >try.mjs <<'JAVASCRIPT'
import { crc32, deflateSync } from 'node:zlib';
import sharp from 'sharp';

const SAMPLES = [0, 256, 4660, 65535];

function chunk(kind, body) {
  const named = Buffer.concat([Buffer.from(kind), body]);
  const [length, checksum] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(body.length);
  checksum.writeUInt32BE(crc32(named));
  return Buffer.concat([length, named, checksum]);
}

const header = Buffer.from([0, 0, 0, SAMPLES.length, 0, 0, 0, 1, 16, 2, 0, 0, 0]);
const row = Buffer.from([0, ...SAMPLES.flatMap((v) => [v >> 8, v & 255, v >> 8, v & 255, v >> 8, v & 255])]);
const png = Buffer.concat([
  Buffer.from('89504e470d0a1a0a', 'hex'),
  chunk('IHDR', header),
  chunk('IDAT', deflateSync(row)),
  chunk('IEND', Buffer.alloc(0)),
]);

async function reds(image) {
  const { buffer, byteOffset, length } = await image.raw({ depth: 'ushort' }).toBuffer();
  return [...new Uint16Array(buffer.slice(byteOffset, byteOffset + length))].filter((_, at) => at % 3 === 0).join(' ');
}

console.log(`raw ushort: ${await reds(sharp(png))}`);
console.log(`rgb16, raw ushort: ${await reds(sharp(png).toColourspace('rgb16'))}`);
JAVASCRIPT
seen=$(node try.mjs)
echo "$seen"
[ "$seen" = "raw ushort: 0 1 18 255
rgb16, raw ushort: 0 256 4660 65535" ]
