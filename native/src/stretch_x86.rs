//! Stretching for x86-64: AVX-512 with VBMI or AVX2, whichever the processor has. Without both everything is left to the
//! scalar loop.

use super::{Range, Table};
use crate::processor::{Vectors, that_run};
use std::sync::LazyLock;

#[path = "stretch_avx2.rs"]
mod avx2;
#[path = "stretch_avx512.rs"]
mod avx512;

type All = for<'a> unsafe fn(&'a mut [u8], &Table, Range) -> &'a mut [u8];
type Each = for<'a> unsafe fn(&'a mut [u8], &[Table; 3], [Range; 3]) -> &'a mut [u8];

/// The stretch of whole blocks by one kind of vectors.
#[derive(Clone, Copy)]
struct Stretch {
    all: All,
    each: Each,
}

const AVX512: Stretch = Stretch { all: avx512::look_up, each: avx512::look_up_each };
const AVX2: Stretch = Stretch { all: avx2::stretch, each: avx2::stretch_each };

static STRETCH: LazyLock<Option<Stretch>> = LazyLock::new(|| available().next());

/// All that run on this processor, the fastest first.
fn available() -> impl Iterator<Item = Stretch> {
    that_run([(Vectors::Avx512Vbmi, AVX512), (Vectors::Avx2, AVX2)])
}

/// Stretch as many values as fill whole blocks and give the rest.
pub fn stretch<'a>(pixels: &'a mut [u8], table: &Table, range: Range) -> &'a mut [u8] {
    match *STRETCH {
        // SAFETY: the processor has what the function needs, or `available` would not have listed it.
        Some(stretch) => unsafe { (stretch.all)(pixels, table, range) },
        None => pixels,
    }
}

/// Like `stretch`, with three channels of their own ranges; the rest begins with a whole pixel.
pub fn stretch_each<'a>(pixels: &'a mut [u8], tables: &[Table; 3], ranges: [Range; 3]) -> &'a mut [u8] {
    match *STRETCH {
        // SAFETY: as above.
        Some(stretch) => unsafe { (stretch.each)(pixels, tables, ranges) },
        None => pixels,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stretch::table;
    use std::array;

    #[test]
    fn every_kind_of_vectors_stretches_every_value_of_every_range_as_the_table_does() {
        for kind in available() {
            for min in 0..=u8::MAX {
                for max in min..=u8::MAX {
                    let range = Range { min, max };
                    let own = table(range);
                    let mut values: [u8; 3 * 256] = array::from_fn(|at| (at / 3) as u8);
                    let expected = values.map(|value| own[usize::from(value)]);
                    // SAFETY: it is available.
                    let rest = unsafe { (kind.all)(&mut values, &own, range) };
                    assert!(rest.is_empty());
                    assert_eq!(values, expected, "{range:?}");
                }
            }
        }
    }

    #[test]
    fn every_kind_of_vectors_keeps_channels_apart() {
        let all = [(3, 5), (0, 254), (100, 100), (7, 255), (0, 255), (250, 251)].map(|(min, max)| Range { min, max });
        for kind in available() {
            for ranges in (0..all.len()).map(|at| array::from_fn(|channel| all[(at + channel) % all.len()])) {
                let tables = ranges.map(table);
                let mut values: Vec<u8> = (0..3 * 1009).map(|at| (at * 89) as u8).collect();
                let expected: Vec<u8> =
                    values.iter().enumerate().map(|(at, value)| tables[at % 3][usize::from(*value)]).collect();
                // SAFETY: it is available.
                let left = unsafe { (kind.each)(&mut values, &tables, ranges) }.len();
                let done = values.len() - left;
                assert!(left.is_multiple_of(3) && left < 3 * 64);
                assert_eq!(values[..done], expected[..done], "{ranges:?}");
            }
        }
    }
}
