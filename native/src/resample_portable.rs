//! One number after the other: what vectors are held to, and what the compiler makes vectors of where there are no others.

use super::{HALF, Lines};
use crate::taps::{PLACES, Taps};

pub fn across(taps: &Taps, line: &[u8], to: &mut [u8]) {
    for (at, pixel) in to.as_chunks_mut::<3>().0.iter_mut().take(taps.len()).enumerate() {
        let mut sums = [HALF; 3];
        for (pair, two) in taps.of(at).iter().zip(line[3 * taps.firsts[at]..].as_chunks::<6>().0) {
            let [left, right] = pair.weights();
            for (channel, sum) in sums.iter_mut().enumerate() {
                *sum += i32::from(two[channel]) * left + i32::from(two[channel + 3]) * right;
            }
        }
        *pixel = sums.map(clipped);
    }
}

pub fn down(taps: &Taps, at: usize, lines: &Lines, width: usize, to: &mut [u8]) {
    /// Of which the sums stay in registers.
    const BLOCK: usize = 16;
    for (block, place) in to.as_chunks_mut::<BLOCK>().0.iter_mut().take(width.div_ceil(BLOCK)).enumerate() {
        let mut sums = [HALF; BLOCK];
        for (pair, upper, lower) in lines.weighted(taps, at) {
            let [above, below] = pair.weights();
            let range = block * BLOCK..(block + 1) * BLOCK;
            for (sum, (upper, lower)) in sums.iter_mut().zip(upper[range.clone()].iter().zip(&lower[range])) {
                *sum += i32::from(*upper) * above + i32::from(*lower) * below;
            }
        }
        *place = sums.map(clipped);
    }
}

fn clipped(sum: i32) -> u8 {
    (sum >> PLACES).clamp(0, 255) as u8
}
