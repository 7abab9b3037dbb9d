//! Stretching of 8-bit RGB pixels from a range of values to 0-255, or to float32 of 0-1 (docs/normalise.md).

use std::array;

#[cfg(target_arch = "x86_64")]
#[path = "stretch_x86.rs"]
mod vector;
#[cfg(target_arch = "aarch64")]
#[path = "stretch_neon.rs"]
mod vector;

/// The smallest and the largest value of a channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Range {
    pub min: u8,
    pub max: u8,
}

impl Range {
    fn width(self) -> u8 {
        self.max.saturating_sub(self.min)
    }

    /// How much a value is above the minimum, cut off at the range.
    fn above(self, value: u8) -> u8 {
        value.saturating_sub(self.min).min(self.width())
    }

    /// (value - min) * 255 / (max - min), a tie to the even neighbour; 0 where min equals max.
    fn byte(self, value: u8) -> u8 {
        let width = u32::from(self.width()).max(1);
        let scaled = u32::from(self.above(value)) * 255;
        let (floor, rest) = (scaled / width, scaled % width);
        (floor + u32::from(2 * rest + (floor & 1) > width)) as u8
    }

    /// (value - min) / (max - min), divided in double precision; 0 where min equals max.
    fn fraction(self, value: u8) -> f32 {
        (f64::from(self.above(value)) / f64::from(self.width().max(1))) as f32
    }
}

/// What each value of a channel becomes.
type Table = [u8; 256];

fn table(range: Range) -> Table {
    array::from_fn(|value| range.byte(value as u8))
}

/// To bytes.
pub enum ToBytes {
    /// Each value stays what it is.
    Identity,
    All(Box<Table>, Range),
    Each(Box<[Table; 3]>, [Range; 3]),
}

impl ToBytes {
    pub fn new(ranges: [Range; 3]) -> Self {
        if ranges == [Range { min: 0, max: u8::MAX }; 3] {
            Self::Identity
        } else if ranges[1] == ranges[0] && ranges[2] == ranges[0] {
            Self::All(Box::new(table(ranges[0])), ranges[0])
        } else {
            Self::Each(Box::new(ranges.map(table)), ranges)
        }
    }

    /// Replace the values of whole pixels.
    pub fn apply(&self, pixels: &mut [u8]) {
        match self {
            Self::Identity => {}
            Self::All(table, range) => {
                for value in vector::stretch(pixels, table, *range) {
                    *value = table[usize::from(*value)];
                }
            }
            Self::Each(tables, ranges) => {
                for pixel in vector::stretch_each(pixels, tables, *ranges).as_chunks_mut::<3>().0 {
                    *pixel = array::from_fn(|at| tables[at][usize::from(pixel[at])]);
                }
            }
        }
    }
}

/// To float32 of 0-1, by a table for each channel.
pub struct ToFloats([[f32; 256]; 3]);

impl ToFloats {
    pub fn new(ranges: [Range; 3]) -> Self {
        Self(ranges.map(|range| array::from_fn(|value| range.fraction(value as u8))))
    }

    /// Append whole pixels as little-endian numbers.
    pub fn append(&self, pixels: &[u8], to: &mut Vec<u8>) {
        to.extend(pixels.as_chunks::<3>().0.iter().flat_map(|pixel| {
            let mut bytes = [0; 12];
            for (at, number) in bytes.as_chunks_mut().0.iter_mut().enumerate() {
                *number = self.0[at][usize::from(pixel[at])].to_le_bytes();
            }
            bytes
        }));
    }
}

#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
mod vector {
    use super::{Range, Table};

    pub fn stretch<'a>(pixels: &'a mut [u8], _: &Table, _: Range) -> &'a mut [u8] {
        pixels
    }

    pub fn stretch_each<'a>(pixels: &'a mut [u8], _: &[Table; 3], _: [Range; 3]) -> &'a mut [u8] {
        pixels
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Rounded by the processor, whose default is ties to even; a double has every tie exactly.
    fn rounded(value: u8, Range { min, max }: Range) -> u8 {
        let scaled = (f64::from(value) - f64::from(min)) * 255.0 / (f64::from(max) - f64::from(min));
        scaled.round_ties_even() as u8
    }

    #[test]
    fn every_value_of_every_range_becomes_the_nearest_byte() {
        for min in 0..=u8::MAX {
            for max in min..=u8::MAX {
                let range = Range { min, max };
                let mut pixels: [u8; 3 * 256] = array::from_fn(|at| (at / 3) as u8);
                let expected = pixels.map(|value| if min == max { 0 } else { rounded(value, range) });
                ToBytes::new([range; 3]).apply(&mut pixels);
                assert_eq!(pixels, expected, "{range:?}");
            }
        }
    }

    #[test]
    fn channels_have_their_own_ranges_at_every_length() {
        let ranges = [Range { min: 3, max: 5 }, Range { min: 0, max: 254 }, Range { min: 100, max: 100 }];
        let stretch = ToBytes::new(ranges);
        for length in (0..999).step_by(3) {
            let mut pixels: Vec<u8> = (0..length).map(|at| (at * 89) as u8).collect();
            let expected: Vec<u8> = pixels.iter().enumerate().map(|(at, x)| ranges[at % 3].byte(*x)).collect();
            stretch.apply(&mut pixels);
            assert_eq!(pixels, expected);
        }
    }

    #[test]
    fn floats_are_fractions_of_the_range() {
        let range = Range { min: 10, max: 13 };
        let mut bytes = Vec::new();
        ToFloats::new([range; 3]).append(&[9, 10, 11, 12, 13, 14], &mut bytes);
        let numbers: Vec<f32> = bytes.as_chunks().0.iter().map(|number| f32::from_le_bytes(*number)).collect();
        assert_eq!(numbers, [0.0, 0.0, (1.0 / 3.0_f64) as f32, (2.0 / 3.0_f64) as f32, 1.0, 1.0]);
    }
}
