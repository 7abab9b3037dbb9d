//! Tiles without vectors.

use crate::nearest_tile::{Found, Kernel, Tile, put_whole};

const LANES: usize = 8;
const ROWS: usize = 4;

pub fn kernel() -> Kernel {
    Kernel { lanes: LANES, rows: ROWS, words: 1, put: put_whole, bias: 0, tile }
}

fn tile(tile: &Tile, found: &mut Found) {
    let mut dots = [[0u32; LANES]; ROWS];
    let steps = tile.panel.as_chunks::<{ 4 * LANES }>().0.iter().zip(tile.group.as_chunks::<ROWS>().0);
    for (training, queries) in steps {
        for (dots, query) in dots.iter_mut().zip(queries) {
            for (dot, values) in dots.iter_mut().zip(training.as_chunks::<4>().0) {
                let products = values.iter().zip(query.to_le_bytes()).map(|(t, q)| u32::from(*t) * u32::from(q));
                *dot = products.fold(*dot, u32::wrapping_add);
            }
        }
    }
    for (row, dots) in dots.iter().enumerate() {
        found.nearer[row] = 0;
        for (lane, dot) in dots.iter().enumerate() {
            let distance = tile.squares[row].wrapping_add(tile.norms[lane]).wrapping_sub(dot.wrapping_mul(2));
            found.distances[row][lane] = distance;
            found.nearer[row] |= u32::from(distance < tile.bounds[row]) << lane;
        }
    }
}
