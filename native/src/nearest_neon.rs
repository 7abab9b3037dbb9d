//! Tiles for arm64: with dot products of bytes where the processor has them, else by what every NEON has.

use crate::nearest_tile::{Found, Kernel, Tile, put_whole};
use crate::processor::{Vectors, that_run};
use bounds::{LANES, find};
use std::arch::aarch64::*;

#[path = "nearest_bounds_neon.rs"]
mod bounds;
#[path = "nearest_dot_neon.rs"]
mod dot;

const ROWS: usize = 4;

/// All that run on this processor, the fastest first.
pub fn available() -> impl Iterator<Item = Kernel> {
    that_run([(Vectors::NeonDot, dot::kernel()), (Vectors::Neon, every())])
}

fn every() -> Kernel {
    Kernel { lanes: LANES, rows: ROWS, words: 1, put: put_whole, bias: 0, tile }
}

fn tile(tile: &Tile, found: &mut Found) {
    // SAFETY: arithmetic on registers, which every arm64 processor has; a training vector of a step has 16 bytes.
    unsafe {
        // Of each pair of lanes two sums each, of the first and of the last two values.
        let mut halves = [[vdupq_n_u32(0); 4]; ROWS];
        let steps = tile.panel.as_chunks::<{ 4 * LANES }>().0.iter().zip(tile.group.as_chunks::<ROWS>().0);
        for (training, queries) in steps {
            let (first, second) = (vld1q_u8(training.as_ptr()), vld1q_u8(training.as_ptr().add(16)));
            for (sums, query) in halves.iter_mut().zip(queries) {
                let query = vreinterpretq_u8_u32(vdupq_n_u32(*query));
                sums[0] = vpadalq_u16(sums[0], vmull_u8(vget_low_u8(first), vget_low_u8(query)));
                sums[1] = vpadalq_u16(sums[1], vmull_high_u8(first, query));
                sums[2] = vpadalq_u16(sums[2], vmull_u8(vget_low_u8(second), vget_low_u8(query)));
                sums[3] = vpadalq_u16(sums[3], vmull_high_u8(second, query));
            }
        }
        let dots = halves.map(|[a, b, c, d]| [vpaddq_u32(a, b), vpaddq_u32(c, d)]);
        find(&dots, tile, found);
    }
}
