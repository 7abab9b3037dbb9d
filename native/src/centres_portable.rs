//! Tiles without vectors of the processor.

use crate::centres_tile::{Added, Best, Kernel, PART, STEP, Tile, TileOf, add_each, pack_from, put_apart};

const LANES: usize = 8;
const TILES: [TileOf; 4] = [tile::<1>, tile::<2>, tile::<3>, tile::<4>];

pub fn kernel() -> Kernel {
    Kernel { lanes: LANES, pack, put: put_apart, tiles: &TILES, add }
}

fn pack(vectors: &[u8], length: usize, group: &mut [u32]) {
    pack_from::<LANES>(0, vectors, length, group);
}

fn add(vectors: &[u8], length: usize, centres: &[u32], added: &mut Added) {
    add_each(vectors, length, centres, added);
}

fn tile<const ROWS: usize>(tile: &Tile, best: &mut Best) {
    let mut gains = [[0; LANES]; ROWS];
    for (gains, base) in gains.iter_mut().zip(tile.bases) {
        *gains = [*base; LANES];
    }
    for (group, words) in tile.group.chunks(PART * LANES).zip(tile.words.chunks(PART * 2 * ROWS)) {
        let mut dots = [[0i32; LANES]; ROWS];
        for (values, words) in group.as_chunks::<LANES>().0.iter().zip(words.chunks_exact(2 * ROWS)) {
            for (dots, words) in dots.iter_mut().zip(words.as_chunks::<2>().0) {
                for (dot, values) in dots.iter_mut().zip(values) {
                    *dot += product(*values, *words);
                }
            }
        }
        for (gain, dot) in gains.as_flattened_mut().iter_mut().zip(dots.as_flattened()) {
            *gain = gain.wrapping_add(dot >> tile.shift);
        }
    }
    best.take(&gains, tile.first);
}

fn product(values: u32, [even, odd]: [u32; 2]) -> i32 {
    let [a, b, c, d]: [i32; STEP] = values.to_le_bytes().map(|value| i32::from(value as i8));
    let halves = |word: u32| (i32::from(word as i16), i32::from((word >> 16) as i16));
    let (first, third) = halves(even);
    let (second, fourth) = halves(odd);
    a * first + b * second + c * third + d * fourth
}
