//! The nearest of some centres for each vector of bytes, by squared Euclidean distance, and sums of the vectors by centre.
//!
//! A centre is a mean, S / n, of which nothing is rounded: which one is nearest is what rational arithmetic gives, and of
//! centres that are equally near it is the first. So it is the same on every processor.
//!
//! # Why it is exact
//!
//! With x' = x - 128 and c = S / n - 128 the nearest centre has the greatest *gain* G = x'.c - |c|^2 / 2, since
//! |x' - c|^2 = |x'|^2 - 2 G. Let 256 c = q + r / n, where q is rounded to 16 bits and |r| <= n / 2 for each value. Then
//! x'.c = x'.q / 256 + x'.r / 256 n, and the second part is at most 128 |r|_1 / 256 n = |r|_1 / 2 n.
//!
//! A kernel computes, in units of 2^-s, g = b + sum over parts of floor(x'.q 2^(s-8)), with b = floor(-2^s |c|^2 / 2). Each
//! part is of 256 values, so that its product fits into 32 bits, and s of 0 to 8 is chosen so that g does, too: |G| is at
//! most length * 3 * 2^13, and length * 2^s at most 66,051. What is added up on the way may overflow, since that is undone
//! by the end. Both floors only make g smaller, by less than 1 for b and for each part, and the parts lose nothing where
//! s is 8. So with E = 2^s |r|_1 / 2 n
//!
//!     g - E <= 2^s G <= g + E + 1 + (0 where s is 8, else the count of parts)
//!
//! Where the best g is farther before the second than the widest of these intervals together, its centre is the nearest
//! one. Else `Exact` decides, among the centres that may be the nearest, by whole numbers (`centres_exact`).

use crate::centres_exact::Exact;
use crate::centres_tile::{Added, Best, Kernel, PART, STEP, Tile};
use std::fmt;

#[path = "centres_portable.rs"]
mod portable;
#[cfg(target_arch = "x86_64")]
#[path = "centres_x86.rs"]
mod vector;
#[cfg(target_arch = "aarch64")]
#[path = "centres_neon.rs"]
mod vector;
#[cfg(target_family = "wasm")]
#[path = "centres_wasm.rs"]
mod vector;

/// Squares of longer vectors may not fit into 32 bits: 66,051 * 255^2 < 2^32.
pub const MOST_LENGTH: usize = 66_051;
/// Values of all centres together.
pub const MOST_VALUES: usize = 1 << 20;
/// Vectors of which a centre is the mean.
pub const MOST_COUNT: u64 = 1 << 31;

/// Bytes of centres that all vectors that are held meet before the next ones: they stay in the second cache meanwhile.
const BLOCK_BYTES: usize = 128 * 1024;
/// Bytes of vectors that are worked on at once.
const HELD_BYTES: usize = 128 * 1024;
/// So many bytes can be added up in 32 bits.
const ADDED: usize = 1 << 24;

/// Words that no line of a cache divides.
#[derive(Clone)]
#[repr(C, align(64))]
struct Line([u32; 16]);

/// Centres as the processor's kernel wants them.
pub struct Centres {
    kernel: Kernel,
    count: usize,
    length: usize,
    tiles: Vec<Place>,
    /// Of one tile behind the other.
    words: Vec<u32>,
    /// Of every centre.
    bases: Vec<i32>,
    /// Bits that are dropped of a product.
    shift: u32,
    /// How far the best must be before the second, or more, so that there is no doubt.
    margin: i32,
    exact: Exact,
}

/// Centres `first` to `first + rows`, whose words begin at `at`.
struct Place {
    first: usize,
    rows: usize,
    at: usize,
}

/// Why there are no centres.
#[derive(Debug, PartialEq, Eq)]
pub struct Unfit(&'static str);

impl fmt::Display for Unfit {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        to.write_str(self.0)
    }
}

impl Centres {
    /// Of each centre its count, and behind it `length` sums.
    pub fn new(numbers: &[u64], length: usize) -> Result<Self, Unfit> {
        let kernel = kernels().next().expect("the portable one runs everywhere");
        Self::by(kernel, numbers, length)
    }

    fn by(kernel: Kernel, numbers: &[u64], length: usize) -> Result<Self, Unfit> {
        if length == 0 || length > MOST_LENGTH {
            return Err(Unfit("Expected vectors of 1 to 66051 bytes."));
        }
        let count = numbers.len() / (1 + length);
        if count == 0 || count * length > MOST_VALUES || !numbers.len().is_multiple_of(1 + length) {
            return Err(Unfit("Expected one or more whole centres, of at most 1048576 values in all."));
        }
        let is_mean = |numbers: &[u64]| {
            (1..=MOST_COUNT).contains(&numbers[0]) && numbers[1..].iter().all(|sum| *sum <= 255 * numbers[0])
        };
        if !numbers.chunks_exact(1 + length).all(is_mean) {
            return Err(Unfit("Expected counts of 1 to 2^31, and sums of so many bytes."));
        }

        let scale = (0..8).rev().find(|scale| length << (scale + 1) <= MOST_LENGTH).map_or(0, |scale| scale + 1);
        let exact = Exact::of(numbers, length);
        let (tiles, words) = tiles_of(&kernel, &exact, count, length);
        let error = (0..count).map(|centre| exact.error(centre, scale)).max().unwrap_or(0);
        let parts = if scale == 8 { 0 } else { length.div_ceil(PART * STEP) as i64 };
        Ok(Self {
            kernel,
            count,
            length,
            tiles,
            words,
            bases: (0..count).map(|centre| exact.base(centre, scale) as i32).collect(),
            shift: 8 - scale,
            margin: (2 * error + 1 + parts) as i32,
            exact,
        })
    }

    pub fn count(&self) -> usize {
        self.count
    }

    /// Bytes of a vector.
    pub fn length(&self) -> usize {
        self.length
    }

    /// Bytes that they take, about.
    #[cfg(not(target_family = "wasm"))]
    pub fn size(&self) -> usize {
        size_of_val(self.words.as_slice()) + self.exact.size()
    }

    /// Find the nearest centre of each vector, on this thread, and what the vectors of each centre add up to.
    ///
    /// # Panics
    ///
    /// Unless `vectors` are whole ones, there is room for the centre of each, and in `totals` for `length` + 2 numbers of
    /// every centre.
    pub fn assign(&self, vectors: &[u8], centres: &mut [u32], totals: &mut [u64]) {
        let Self { kernel, length, .. } = *self;
        assert!(centres.len() * length == vectors.len());
        assert!(totals.len() == self.count * (length + 2));
        totals.fill(0);
        let steps = length.div_ceil(STEP);
        let held = (HELD_BYTES / (STEP * steps)).max(1).next_multiple_of(kernel.lanes);
        let groups = held.min(centres.len()).div_ceil(kernel.lanes);
        let mut packed = vec![Line([0; 16]); (groups * kernel.lanes * steps).div_ceil(16)];
        let mut best = vec![Best::NONE; groups];
        let mut added =
            Added { counts: vec![0; self.count], squares: vec![0; self.count], sums: vec![0; self.count * length] };
        for (vectors, centres) in vectors.chunks(ADDED * length).zip(centres.chunks_mut(ADDED)) {
            for (vectors, centres) in vectors.chunks(held * length).zip(centres.chunks_mut(held)) {
                self.find(vectors, centres, words_mut(&mut packed), &mut best);
                // SAFETY: the processor has what the kernel needs, or it would not have been chosen.
                unsafe { (kernel.add)(vectors, length, centres, &mut added) };
            }
            self.flush(&mut added, totals);
        }
    }

    /// The nearest centre of each vector, with room for as many groups as they are.
    fn find(&self, vectors: &[u8], centres: &mut [u32], packed: &mut [u32], best: &mut [Best]) {
        let Self { kernel, length, .. } = *self;
        let group_words = kernel.lanes * length.div_ceil(STEP);
        for (vectors, group) in vectors.chunks(kernel.lanes * length).zip(packed.chunks_exact_mut(group_words)) {
            // SAFETY: as above.
            unsafe { (kernel.pack)(vectors, length, group) };
        }
        best.fill(Best::NONE);
        let used = centres.len().div_ceil(kernel.lanes);
        for tiles in self.tiles.chunk_by(|tile, next| tile.at * 4 / BLOCK_BYTES == next.at * 4 / BLOCK_BYTES) {
            for (group, best) in packed.chunks_exact(group_words).zip(&mut best[..used]) {
                for place in tiles {
                    let tile = Tile {
                        group,
                        words: &self.words[place.at..place.at + 2 * place.rows * length.div_ceil(STEP)],
                        bases: &self.bases[place.first..place.first + place.rows],
                        first: place.first as u32,
                        shift: self.shift,
                    };
                    // SAFETY: as above.
                    unsafe { kernel.tiles[place.rows - 1](&tile, best) };
                }
            }
        }
        let groups = vectors.chunks(kernel.lanes * length).zip(centres.chunks_mut(kernel.lanes));
        for ((vectors, centres), best) in groups.zip(best) {
            let found = best.gains.iter().zip(best.seconds).zip(best.centres);
            for (lane, (to, ((gain, second), centre))) in centres.iter_mut().zip(found).enumerate() {
                let is_sure = second < gain - self.margin;
                *to = if is_sure {
                    centre
                } else {
                    self.exact.nearest(&vectors[lane * length..(lane + 1) * length]) as u32
                };
            }
        }
    }

    /// Move what was added to where it has 64 bits.
    fn flush(&self, added: &mut Added, totals: &mut [u64]) {
        let sums = added.sums.chunks_exact_mut(self.length);
        let counts = added.counts.iter_mut().zip(&mut added.squares);
        for ((totals, sums), (count, square)) in totals.chunks_exact_mut(self.length + 2).zip(sums).zip(counts) {
            totals[0] += std::mem::take(count);
            totals[1] += std::mem::take(square);
            for (total, sum) in totals[2..].iter_mut().zip(sums) {
                *total += u64::from(std::mem::take(sum));
            }
        }
    }
}

/// As few tiles as there may be, of about as many centres each, and their words.
fn tiles_of(kernel: &Kernel, exact: &Exact, count: usize, length: usize) -> (Vec<Place>, Vec<u32>) {
    let tiles = count.div_ceil(kernel.tiles.len());
    let steps = length.div_ceil(STEP);
    let mut places = Vec::with_capacity(tiles);
    let mut words = vec![0; 2 * steps * count];
    let mut first = 0;
    for tile in 0..tiles {
        let rows = count / tiles + usize::from(tile < count % tiles);
        let at = 2 * steps * first;
        for row in 0..rows {
            for (step, numbers) in exact.fixed(first + row).chunks(STEP).enumerate() {
                let mut four = [0; STEP];
                four[..numbers.len()].copy_from_slice(numbers);
                let to = at + 2 * (step * rows + row);
                words[to..to + 2].copy_from_slice(&(kernel.put)(four));
            }
        }
        places.push(Place { first, rows, at });
        first += rows;
    }
    (places, words)
}

fn words_mut(lines: &mut [Line]) -> &mut [u32] {
    // SAFETY: a line is 16 words and nothing else.
    unsafe { std::slice::from_raw_parts_mut(lines.as_mut_ptr().cast(), 16 * lines.len()) }
}

/// All that run here, the fastest first.
fn kernels() -> impl Iterator<Item = Kernel> {
    #[cfg(any(target_arch = "x86_64", target_arch = "aarch64", target_family = "wasm"))]
    let by_vectors = vector::available();
    #[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64", target_family = "wasm")))]
    let by_vectors = std::iter::empty();
    by_vectors.chain([portable::kernel()])
}

#[cfg(test)]
#[path = "centres_tests.rs"]
mod tests;
