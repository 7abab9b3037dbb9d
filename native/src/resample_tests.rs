//! Vectors beside one number after the other, and both passes at the edges of what they are given.

use super::*;
use crate::taps::Filter;
use std::ops::Range;

const FILTERS: [Filter; 5] = [Filter::Nearest, Filter::Box, Filter::Bilinear, Filter::Bicubic, Filter::Lanczos];
const SIZES: [(usize, usize); 12] =
    [(1, 1), (1, 9), (2, 5), (3, 2), (7, 7), (40, 39), (64, 100), (100, 37), (500, 341), (999, 3), (5003, 1), (2, 300)];

/// Mostly the least and the most, by which sums come to where they are cut off.
fn noise(length: usize) -> Vec<u8> {
    let mut state = 1_u32;
    let mut next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 16) as u8
    };
    (0..length).map(|_| [0, 255, next()][usize::from(next()) % 3]).collect()
}

#[test]
fn across_is_what_one_number_after_the_other_gives() {
    for filter in FILTERS {
        for (size, wanted) in SIZES {
            for range in [0..wanted, wanted / 3..wanted / 3 + 1, 0..wanted.div_ceil(2)] {
                let taps = Taps::new(filter, size, wanted, range);
                let mut line = noise(3 * size);
                line.resize(reach(&taps).max(3 * size), 77);
                let [mut fast, mut slow] = [vec![1; 3 * taps.len() + PADDING], vec![2; 3 * taps.len() + PADDING]];
                across(&taps, &line, &mut fast);
                portable::across(&taps, &line, &mut slow);
                assert_eq!(fast[..3 * taps.len()], slow[..3 * taps.len()], "{filter:?} {size} {wanted}");
            }
        }
    }
}

#[test]
fn down_is_what_one_number_after_the_other_gives_whatever_is_around_its_lines() {
    for filter in FILTERS {
        for (size, wanted) in SIZES {
            for width in [3, 15, 48, 51] {
                let taps = Taps::new(filter, size, wanted, 0..wanted);
                let Range { start, end } = taps.span();
                let mut bytes = noise((end - start) * width);
                bytes.resize(bytes.len() + PADDING, 77);
                let lines = Lines { bytes: &bytes, stride: width, first: start };
                for at in 0..taps.len() {
                    let [mut fast, mut slow] = [vec![1; width + PADDING], vec![2; width + PADDING]];
                    down(&taps, at, &lines, width, &mut fast);
                    portable::down(&taps, at, &lines, width, &mut slow);
                    assert_eq!(fast[..width], slow[..width], "{filter:?} {size} {wanted} {width}");
                }
            }
        }
    }
}

#[test]
fn weights_of_a_pixel_add_up_to_one_but_for_their_rounding() {
    for filter in FILTERS {
        for (size, wanted) in SIZES {
            let taps = Taps::new(filter, size, wanted, 0..wanted);
            for at in 0..wanted {
                let weights = taps.of(at).iter().flat_map(|pair| pair.weights());
                let off = weights.map(i64::from).sum::<i64>() - (1 << PLACES);
                assert!(off.unsigned_abs() as usize <= taps.pairs, "{filter:?} {size} {wanted}: {off}");
            }
        }
    }
}

#[test]
fn one_colour_stays_as_it_is() {
    for filter in FILTERS {
        for (size, wanted) in SIZES {
            let taps = Taps::new(filter, size, wanted, 0..wanted);
            for value in [0, 1, 127, 254, 255] {
                let line = vec![value; reach(&taps)];
                let mut to = vec![9; 3 * wanted + PADDING];
                across(&taps, &line, &mut to);
                assert!(to[..3 * wanted].iter().all(|one| *one == value), "{filter:?} {size} {wanted}");
            }
        }
    }
}
