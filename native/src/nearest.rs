//! The nearest of a training set for each query: vectors of bytes, by squared Euclidean distance, exact.
//!
//! A distance is |q|^2 + |t|^2 - 2 q.t. All of it is counted modulo 2^32, which is exact since the distance itself is
//! smaller. The dot products are made of a panel of training vectors and a group of queries at a time, which fit into
//! registers, by the widest vectors that the processor has.

use crate::nearest_best::Best;
use crate::nearest_tile::{Found, Kernel, MOST_LANES, MOST_ROWS, STEP, Tile};
use std::fmt;

#[path = "nearest_portable.rs"]
mod portable;
#[cfg(target_arch = "x86_64")]
#[path = "nearest_x86.rs"]
mod vector;
#[cfg(target_arch = "aarch64")]
#[path = "nearest_neon.rs"]
mod vector;
#[cfg(target_family = "wasm")]
#[path = "nearest_wasm.rs"]
mod vector;

/// Distances of longer vectors may not fit into 32 bits: 66,051 * 255^2 < 2^32.
pub const MOST_LENGTH: usize = 66_051;

/// Bytes of panels that all queries meet before the next ones: they stay in the second cache meanwhile.
const BLOCK_BYTES: usize = 256 * 1024;
/// Bytes of queries and of what was found for them that are worked on at once.
const HELD_BYTES: usize = 16 * 1024 * 1024;

/// 64 bytes that no line of a cache divides.
#[derive(Clone)]
#[repr(C, align(64))]
struct Line([u8; 64]);

/// A training set as the processor's kernel wants it. It takes as many bytes as its vectors, rounded up.
pub struct Training {
    kernel: Kernel,
    count: usize,
    length: usize,
    panels: Vec<Line>,
    norms: Vec<u32>,
}

/// Why there is no training set.
#[derive(Debug, PartialEq, Eq)]
pub struct Unfit(&'static str);

impl fmt::Display for Unfit {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        to.write_str(self.0)
    }
}

impl Training {
    /// Of vectors of `length` bytes that follow each other.
    pub fn new(vectors: &[u8], length: usize) -> Result<Self, Unfit> {
        let kernel = kernels().next().expect("the portable one runs everywhere");
        Self::by(kernel, vectors, length)
    }

    fn by(kernel: Kernel, vectors: &[u8], length: usize) -> Result<Self, Unfit> {
        if length == 0 || length > MOST_LENGTH {
            return Err(Unfit("Expected vectors of 1 to 66051 bytes, so that distances have 32 bits."));
        }
        let count = vectors.len() / length;
        if count == 0 || !vectors.len().is_multiple_of(length) || u32::try_from(count).is_err() {
            return Err(Unfit("Expected one to 2^32 - 1 whole vectors."));
        }
        let panel = STEP * kernel.lanes * length.div_ceil(STEP);
        let panels = count.div_ceil(kernel.lanes);
        let mut lines = vec![Line([0; 64]); (panels * panel).div_ceil(64)];
        let mut norms = vec![0; panels * kernel.lanes];
        let bytes = lines_mut(&mut lines);
        for (at, vector) in vectors.chunks_exact(length).enumerate() {
            norms[at] = square(vector).wrapping_sub(sum(vector).wrapping_mul(2 * kernel.bias));
            let first = at / kernel.lanes * panel + at % kernel.lanes * STEP;
            for (step, values) in vector.chunks(STEP).enumerate() {
                let to = first + step * kernel.lanes * STEP;
                bytes[to..to + values.len()].copy_from_slice(values);
            }
        }
        Ok(Self { kernel, count, length, panels: lines, norms })
    }

    /// Training vectors.
    #[cfg(any(test, not(target_family = "wasm")))]
    pub fn count(&self) -> usize {
        self.count
    }

    /// Bytes of a vector.
    pub fn length(&self) -> usize {
        self.length
    }

    /// Bytes that it takes.
    #[cfg(not(target_family = "wasm"))]
    pub fn size(&self) -> usize {
        size_of_val(self.panels.as_slice()) + size_of_val(self.norms.as_slice())
    }

    /// For each query the `k` nearest, ordered by distance and then by index, on this thread.
    ///
    /// # Panics
    ///
    /// Unless `queries` are whole vectors, `k` is 1 to `count`, and there is room for `k` indices and distances each.
    pub fn find(&self, queries: &[u8], k: usize, indices: &mut [u32], distances: &mut [u32]) {
        let count = queries.len() / self.length;
        assert!(count * self.length == queries.len() && (1..=self.count).contains(&k));
        assert!(indices.len() == count * k && distances.len() == count * k);
        let words = self.steps() * self.kernel.words;
        let at_once = (HELD_BYTES / (4 * words + 16 * k)).max(1).next_multiple_of(self.kernel.rows);
        let places = indices.chunks_mut(at_once * k).zip(distances.chunks_mut(at_once * k));
        for (some, (indices, distances)) in queries.chunks(at_once * self.length).zip(places) {
            let places = indices.chunks_exact_mut(k).zip(distances.chunks_exact_mut(k));
            for (best, (indices, distances)) in self.find_some(some, k).into_iter().zip(places) {
                best.put(indices, distances);
            }
        }
    }

    fn find_some(&self, queries: &[u8], k: usize) -> Vec<Best> {
        let Kernel { lanes, rows, words, tile, .. } = self.kernel;
        let count = queries.len() / self.length;
        let groups = self.groups(queries);
        let mut squares: Vec<u32> = queries.chunks_exact(self.length).map(square).collect();
        let mut bounds = vec![u32::MAX; count];
        // Nothing is nearer than 0 to the queries that fill the last group up.
        squares.resize(count.next_multiple_of(rows), 0);
        bounds.resize(count.next_multiple_of(rows), 0);
        let mut best = vec![Best::of(k); count];
        let mut found = Found { distances: [[0; MOST_LANES]; MOST_ROWS], nearer: [0; MOST_ROWS] };

        let panel_bytes = STEP * lanes * self.steps();
        let panels: Vec<_> =
            lines(&self.panels).chunks_exact(panel_bytes).zip(self.norms.chunks_exact(lanes)).collect();
        let block = (BLOCK_BYTES / panel_bytes).max(1);
        for (panels, first_panel) in panels.chunks(block).zip((0..).step_by(block)) {
            for (at, group) in groups.chunks_exact(rows * words * self.steps()).enumerate() {
                let own = at * rows..(at + 1) * rows;
                for (&(panel, norms), first) in panels.iter().zip((first_panel * lanes..).step_by(lanes)) {
                    let (squares, bounds) = (&squares[own.clone()], &mut bounds[own.clone()]);
                    // SAFETY: the processor has what the kernel needs, or it would not have been chosen.
                    unsafe { tile(&Tile { panel, group, norms, squares, bounds }, &mut found) };
                    // The vectors that fill the last panel up do not count.
                    let counted = u32::MAX >> (32 - lanes.min(self.count - first));
                    for (row, nearer) in found.nearer[..rows].iter().enumerate() {
                        let mut nearer = nearer & counted;
                        while nearer != 0 {
                            let lane = nearer.trailing_zeros() as usize;
                            let (distance, index) = (found.distances[row][lane], (first + lane) as u32);
                            bounds[row] = best[own.start + row].offer(distance, index);
                            nearer &= nearer - 1;
                        }
                    }
                }
            }
        }
        best
    }

    fn steps(&self) -> usize {
        self.length.div_ceil(STEP)
    }

    /// The words of queries, group by group; the last group is filled up.
    fn groups(&self, queries: &[u8]) -> Vec<u32> {
        let Kernel { rows, words, put, .. } = self.kernel;
        let group = rows * words * self.steps();
        let mut groups = vec![0; (queries.len() / self.length).div_ceil(rows) * group];
        for (at, query) in queries.chunks_exact(self.length).enumerate() {
            let first = at / rows * group + at % rows * words;
            for (step, values) in query.chunks(STEP).enumerate() {
                let mut four = [0; STEP];
                four[..values.len()].copy_from_slice(values);
                let to = first + step * rows * words;
                put(four, &mut groups[to..to + words]);
            }
        }
        groups
    }
}

/// Below 2^32 for the longest vector.
fn square(vector: &[u8]) -> u32 {
    vector.iter().map(|&value| u32::from(value) * u32::from(value)).sum()
}

fn sum(vector: &[u8]) -> u32 {
    vector.iter().map(|&value| u32::from(value)).sum()
}

fn lines(lines: &[Line]) -> &[u8] {
    // SAFETY: a line is 64 bytes and nothing else.
    unsafe { std::slice::from_raw_parts(lines.as_ptr().cast(), 64 * lines.len()) }
}

fn lines_mut(lines: &mut [Line]) -> &mut [u8] {
    // SAFETY: as above.
    unsafe { std::slice::from_raw_parts_mut(lines.as_mut_ptr().cast(), 64 * lines.len()) }
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
#[path = "nearest_tests.rs"]
mod tests;
