//! How the pixels of a PNG of up to 8 bits lie in its lines.

use crate::image::Image;
use crate::scratch::append;

const GREY: u8 = 0;
const RGB: u8 = 2;
const PALETTE: u8 = 3;
const GREY_ALPHA: u8 = 4;
const RGBA: u8 = 6;

/// The signature and the header chunk.
pub const HEADER_BYTES: usize = 33;

/// How the pixels lie in the inflated data.
pub struct Layout {
    pub width: usize,
    pub depth: usize,
    colour: u8,
    /// Over black, beyond the palette black; of grey of less than 8 bits its levels.
    palette: [[u8; 3]; 256],
}

impl Layout {
    pub fn of(image: &Image) -> Option<Self> {
        let header = image.pieces.first()?.get(..HEADER_BYTES)?;
        let (depth, colour, interlace) = (header[24], header[25], header[28]);
        let known = match colour {
            GREY | PALETTE => matches!(depth, 1 | 2 | 4 | 8),
            RGB | GREY_ALPHA | RGBA => depth == 8,
            _ => false,
        };
        let size = [image.width.to_be_bytes(), image.height.to_be_bytes()].concat();
        if !known || interlace != 0 || header[16..24] != size {
            return None;
        }
        let mut palette = [[0; 3]; 256];
        if colour == GREY && depth < 8 {
            let most = (1 << depth) - 1;
            (0..=most).for_each(|level| palette[level] = [(level * 255 / most) as u8; 3]);
        }
        Some(Self { width: image.width as usize, depth: depth.into(), colour, palette })
    }

    fn samples(&self) -> usize {
        match self.colour {
            RGB => 3,
            GREY_ALPHA => 2,
            RGBA => 4,
            _ => 1,
        }
    }

    /// The distance of the filters.
    pub fn pixel_bytes(&self) -> usize {
        self.samples()
    }

    /// Of the pixels over black: 1 for grey, else 3.
    pub fn channels(&self) -> usize {
        if matches!(self.colour, GREY | GREY_ALPHA) { 1 } else { 3 }
    }

    pub fn has_alpha(&self) -> bool {
        matches!(self.colour, GREY_ALPHA | RGBA)
    }

    pub fn has_palette(&self) -> bool {
        self.colour == PALETTE
    }

    /// Take the colours of the chunk PLTE, over black by the alphas of tRNS.
    pub fn fill_palette(&mut self, entries: &[u8], transparency: &[u8]) {
        for (at, colour) in entries.chunks_exact(3).take(256).enumerate() {
            let alpha = transparency.get(at).copied().unwrap_or(u8::MAX);
            self.palette[at] = [0, 1, 2].map(|channel| over_black(colour[channel], alpha));
        }
    }

    /// Whether a byte is an index, or several pixels.
    pub fn is_indexed(&self) -> bool {
        self.colour == PALETTE || self.depth < 8
    }

    /// The pixel at `place` of an indexed byte, counted from the left.
    pub fn colour_in(&self, byte: u8, place: usize) -> [u8; 3] {
        let value = (byte << (place * self.depth)) >> (8 - self.depth);
        self.palette[usize::from(value)]
    }

    /// Append the pixels of a line, over black.
    pub fn expand(&self, line: &[u8], to: &mut Vec<u8>) {
        match (self.colour, self.depth) {
            (GREY, 8) | (RGB, _) => to.extend_from_slice(line),
            (GREY_ALPHA, _) => append(to, line.as_chunks().0.iter().map(|[value, alpha]| [over_black(*value, *alpha)])),
            (RGBA, _) => append(
                to,
                line.as_chunks()
                    .0
                    .iter()
                    .map(|[red, green, blue, alpha]| [red, green, blue].map(|value| over_black(*value, *alpha))),
            ),
            (PALETTE, 8) => append(to, line.iter().map(|index| self.palette[usize::from(*index)])),
            (GREY, _) => append(to, self.pixels_in(line).map(|[grey, ..]| [grey])),
            _ => append(to, self.pixels_in(line)),
        }
    }

    /// Those of bytes that have several each.
    fn pixels_in<'a>(&'a self, line: &'a [u8]) -> impl ExactSizeIterator<Item = [u8; 3]> + 'a {
        // 8, 4 or 2 to a byte.
        let shift = (8 / self.depth).ilog2();
        (0..self.width).map(move |x| self.colour_in(line[x >> shift], x & ((1 << shift) - 1)))
    }

    /// Of a strip, without their filter types.
    pub fn lines<'a>(&self, strip: &'a [u8]) -> impl Iterator<Item = &'a [u8]> + use<'a> {
        strip.chunks_exact(self.line_bytes()).map(|line| &line[1..])
    }

    /// A line with its filter type.
    pub fn line_bytes(&self) -> usize {
        1 + (self.width * self.samples() * self.depth).div_ceil(8)
    }
}

/// c * a / 255 rounded to the nearest, as `overBlack` of src/kernel/scan.ts.
fn over_black(value: u8, alpha: u8) -> u8 {
    let scaled = u16::from(value) * u16::from(alpha) + 128;
    ((scaled + (scaled >> 8)) >> 8) as u8
}
