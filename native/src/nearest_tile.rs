//! What a kernel for the nearest makes of a panel of training vectors and a group of queries.

/// Values that a step takes of each vector.
pub const STEP: usize = 4;
/// Of every kernel.
pub const MOST_LANES: usize = 32;
pub const MOST_ROWS: usize = 12;

/// Dot products by one kind of vectors.
pub struct Kernel {
    /// Training vectors of a panel.
    pub lanes: usize,
    /// Queries of a group.
    pub rows: usize,
    /// In how many words `put` puts four values of a query.
    pub words: usize,
    pub put: fn([u8; STEP], &mut [u32]),
    /// What `put` takes off every value.
    pub bias: u32,
    pub tile: unsafe fn(&Tile, &mut Found),
}

/// A panel and a group.
pub struct Tile<'a> {
    /// For each step four bytes of every training vector.
    pub panel: &'a [u8],
    /// For each step the words of every query.
    pub group: &'a [u32],
    /// For each training vector its square less what `bias` makes of it.
    pub norms: &'a [u32],
    /// The square of each query.
    pub squares: &'a [u32],
    /// Only what is nearer to each query is of interest.
    pub bounds: &'a [u32],
}

/// What a tile gives.
pub struct Found {
    /// Of each query, where `nearer` has a bit.
    pub distances: [[u32; MOST_LANES]; MOST_ROWS],
    /// Of each query one bit for every training vector that is nearer than its bound.
    pub nearer: [u32; MOST_ROWS],
}

/// Four values in a word, the first in its lowest byte.
pub fn put_whole(values: [u8; STEP], to: &mut [u32]) {
    to[0] = u32::from_le_bytes(values);
}

/// Four values of 16 bits: the first and the third in one word, the others in the next, as halves of the bytes of a step.
#[cfg(any(target_arch = "x86_64", target_family = "wasm"))]
pub fn put_apart([a, b, c, d]: [u8; STEP], to: &mut [u32]) {
    to[0] = u32::from(a) | u32::from(c) << 16;
    to[1] = u32::from(b) | u32::from(d) << 16;
}
