//! What a kernel for centres makes of a group of vectors and some centres.

/// Values that a step takes of each vector.
pub const STEP: usize = 4;
/// Steps whose products are added up in 32 bits: 256 values of at most 128 * 32,768 each.
pub const PART: usize = 64;
/// Of every kernel.
pub const MOST_LANES: usize = 32;

pub type TileOf = unsafe fn(&Tile, &mut Best);

/// One way to compare vectors with centres, by one kind of vectors of the processor.
#[derive(Clone, Copy)]
pub struct Kernel {
    /// Vectors of a group.
    pub lanes: usize,
    /// Puts a group of vectors, of so many bytes each, in their order: for each step four bytes of every vector, less 128.
    /// Where there are fewer vectors than lanes, the rest stays as it is.
    pub pack: unsafe fn(&[u8], usize, &mut [u32]),
    /// Makes of four numbers of a centre the words that its tiles take.
    pub put: fn([i16; STEP]) -> [u32; 2],
    /// For one centre, for two and so on.
    pub tiles: &'static [TileOf],
    /// Adds vectors, of so many bytes each, to the sums of the centres that they went to.
    pub add: unsafe fn(&[u8], usize, &[u32], &mut Added),
}

/// A group of vectors and some centres.
pub struct Tile<'a> {
    /// For each step a word of every vector.
    pub group: &'a [u32],
    /// For each step the two words of every centre.
    pub words: &'a [u32],
    /// Of every centre what its gain begins with.
    pub bases: &'a [i32],
    /// The number of the first centre.
    pub first: u32,
    /// Bits that are dropped of the sum of a part.
    pub shift: u32,
}

/// The best that was found so far for each vector of a group.
#[derive(Clone)]
pub struct Best {
    pub gains: [i32; MOST_LANES],
    /// The gain of the second best.
    pub seconds: [i32; MOST_LANES],
    pub centres: [u32; MOST_LANES],
}

impl Best {
    /// Less than any gain is.
    pub const NONE: Self =
        Self { gains: [i32::MIN; MOST_LANES], seconds: [i32::MIN; MOST_LANES], centres: [0; MOST_LANES] };

    /// Take the gains of some centres, of which the first has this number. Of equal ones the first stays.
    #[inline(always)]
    pub fn take<const LANES: usize>(&mut self, all: &[[i32; LANES]], first: u32) {
        // Copies, which may stay in registers.
        let (mut best, mut seconds, mut centres): ([i32; LANES], [i32; LANES], [u32; LANES]) =
            (front(&self.gains), front(&self.seconds), front(&self.centres));
        for (gains, centre) in all.iter().zip(first..) {
            for lane in 0..LANES {
                let gain = gains[lane];
                seconds[lane] = seconds[lane].max(gain.min(best[lane]));
                centres[lane] = if gain > best[lane] { centre } else { centres[lane] };
                best[lane] = best[lane].max(gain);
            }
        }
        self.gains[..LANES].copy_from_slice(&best);
        self.seconds[..LANES].copy_from_slice(&seconds);
        self.centres[..LANES].copy_from_slice(&centres);
    }
}

#[inline(always)]
fn front<const LANES: usize, T: Copy>(all: &[T; MOST_LANES]) -> [T; LANES] {
    *all.first_chunk().expect("no kernel has more lanes")
}

/// Four bytes of a word, less 128 each.
#[inline(always)]
pub fn less_128(values: [u8; STEP]) -> u32 {
    u32::from_le_bytes(values) ^ 0x8080_8080
}

/// `Kernel::pack` from a step on, of a kernel with so many lanes.
#[inline(always)]
pub fn pack_from<const LANES: usize>(step: usize, vectors: &[u8], length: usize, group: &mut [u32]) {
    if STEP * step >= length {
        return;
    }
    for (lane, vector) in vectors.chunks_exact(length).enumerate() {
        let values = &vector[STEP * step..];
        let to = group[step * LANES + lane..].iter_mut().step_by(LANES);
        let (whole, rest) = values.as_chunks::<STEP>();
        let mut last = [0; STEP];
        last[..rest.len()].copy_from_slice(rest);
        for (to, values) in to.zip(whole.iter().chain((!rest.is_empty()).then_some(&last))) {
            *to = less_128(*values);
        }
    }
}

/// Four numbers as two words of two: the first and the third, then the others, as halves of the bytes of a step.
pub fn put_apart([a, b, c, d]: [i16; STEP]) -> [u32; 2] {
    let pair = |low: i16, high: i16| u32::from(low as u16) | u32::from(high as u16) << 16;
    [pair(a, c), pair(b, d)]
}

/// What was added of vectors, by centre.
pub struct Added {
    pub counts: Vec<u64>,
    /// Of the squares of their values.
    pub squares: Vec<u64>,
    /// Of each value.
    pub sums: Vec<u32>,
}

/// `Kernel::add`.
#[inline(always)]
pub fn add_each(vectors: &[u8], length: usize, centres: &[u32], added: &mut Added) {
    for (vector, &centre) in vectors.chunks_exact(length).zip(centres) {
        let at = centre as usize;
        let sums = &mut added.sums[at * length..(at + 1) * length];
        let (blocks, rest) = vector.as_chunks::<64>();
        let (sums_of_blocks, sums_of_rest) = sums.as_chunks_mut::<64>();
        let mut square = 0;
        for (sums, values) in sums_of_blocks.iter_mut().zip(blocks) {
            for (sum, value) in sums.iter_mut().zip(values) {
                *sum += u32::from(*value);
                square += u32::from(*value) * u32::from(*value);
            }
        }
        for (sum, value) in sums_of_rest.iter_mut().zip(rest) {
            *sum += u32::from(*value);
            square += u32::from(*value) * u32::from(*value);
        }
        added.squares[at] += u64::from(square);
        added.counts[at] += 1;
    }
}
