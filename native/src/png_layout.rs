//! How the pixels of a PNG of up to 8 bits lie in its lines.

use crate::image::Image;

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
    /// Over black, beyond the palette black.
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
        Some(Self { width: image.width as usize, depth: depth.into(), colour, palette: [[0; 3]; 256] })
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
        match self.colour {
            PALETTE => self.palette[usize::from(value)],
            _ => [(u16::from(value) * 255 / ((1 << self.depth) - 1)) as u8; 3],
        }
    }

    /// Append the pixels of a line, over black.
    pub fn expand(&self, line: &[u8], to: &mut Vec<u8>) {
        match (self.colour, self.depth) {
            (GREY, 8) | (RGB, _) => to.extend_from_slice(line),
            (GREY_ALPHA, _) => to.extend(line.as_chunks().0.iter().map(|[value, alpha]| over_black(*value, *alpha))),
            (RGBA, _) => to.extend(
                line.as_chunks()
                    .0
                    .iter()
                    .flat_map(|[red, green, blue, alpha]| [red, green, blue].map(|value| over_black(*value, *alpha))),
            ),
            _ => {
                let (channels, per_byte) = (self.channels(), 8 / self.depth);
                for x in 0..self.width {
                    to.extend_from_slice(&self.colour_in(line[x / per_byte], x % per_byte)[..channels]);
                }
            }
        }
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
