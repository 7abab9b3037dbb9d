//! The scan with WebAssembly's SIMD.

use super::Channel;
use std::arch::wasm32::*;
use std::hint::black_box;

/// Add as many pixels as fill whole vectors and give the rest.
pub fn scan_grey<'a>(pixels: &'a [u8], total: &mut Channel) -> &'a [u8] {
    let (blocks, rest) = pixels.as_chunks::<16>();
    for part in blocks.chunks(BLOCKS_PER_SUM) {
        let mut lanes = Lanes::none();
        part.iter().for_each(|block| lanes.add(load(block, 0)));
        total.merge(&lanes.total());
    }
    rest
}

/// Like `scan_grey`, for pixels of three bytes.
pub fn scan_rgb<'a>(pixels: &'a [u8], total: &mut [Channel; 3]) -> &'a [u8] {
    let (mut blocks, rest) = pixels.as_chunks::<96>();
    let (half, rest) = rest.as_chunks::<48>();
    loop {
        let (part, more) = blocks.split_at(blocks.len().min(BLOCKS_PER_MIXED_SUM));
        let half = if more.is_empty() { half } else { &[] };
        for place in 0..3 {
            let mut lanes = Mixed::none();
            part.iter().for_each(|block| lanes.add(load(block, 16 * place), load(block, 48 + 16 * place)));
            half.iter().for_each(|block| lanes.add_one(load(block, 16 * place)));
            lanes.merge_into(total, place);
        }
        if more.is_empty() {
            return rest;
        }
        blocks = more;
    }
}

/// A block adds at most 2 * 255 to a 16-bit sum, and half of one at the end 255.
const BLOCKS_PER_MIXED_SUM: usize = 128;

/// All channels of vectors that are multiples of 48 bytes apart, so that a lane is always of the same channel: to sort the
/// lanes once, at the end, takes less than to sort every vector's.
struct Mixed {
    sums: [v128; 2],
    /// Of each half, the first four lanes and the others.
    squares: [[v128; 2]; 2],
    min: v128,
    max: v128,
}

impl Mixed {
    fn none() -> Self {
        let zero = u32x4_splat(0);
        Self { sums: [zero; 2], squares: [[zero; 2]; 2], min: u8x16_splat(u8::MAX), max: zero }
    }

    #[inline]
    fn add(&mut self, a: v128, b: v128) {
        self.min = u8x16_min(self.min, u8x16_min(a, b));
        self.max = u8x16_max(self.max, u8x16_max(a, b));
        self.add_half(0, u16x8_extend_low_u8x16(a), u16x8_extend_low_u8x16(b));
        self.add_half(1, u16x8_extend_high_u8x16(a), u16x8_extend_high_u8x16(b));
    }

    #[inline]
    fn add_one(&mut self, a: v128) {
        self.min = u8x16_min(self.min, a);
        self.max = u8x16_max(self.max, a);
        let zero = u8x16_splat(0);
        self.add_half(0, u16x8_extend_low_u8x16(a), zero);
        self.add_half(1, u16x8_extend_high_u8x16(a), zero);
    }

    #[inline]
    fn add_half(&mut self, half: usize, a: v128, b: v128) {
        self.sums[half] = u16x8_add(self.sums[half], u16x8_add(a, b));
        let low = u16x8_shuffle::<0, 8, 1, 9, 2, 10, 3, 11>(a, b);
        let high = u16x8_shuffle::<4, 12, 5, 13, 6, 14, 7, 15>(a, b);
        let squares = &mut self.squares[half];
        squares[0] = i32x4_add(squares[0], i32x4_dot_i16x8(low, low));
        squares[1] = i32x4_add(squares[1], i32x4_dot_i16x8(high, high));
    }

    /// The vectors were at `place` of three.
    fn merge_into(&self, total: &mut [Channel; 3], place: usize) {
        let (min, max) = (bytes(self.min), bytes(self.max));
        let sums = self.sums.map(|half| [u32x4_extend_low_u16x8(half), u32x4_extend_high_u16x8(half)].map(words));
        let squares = self.squares.map(|half| half.map(words));
        for lane in 0..16 {
            let (half, quarter, word) = (lane / 8, lane / 4 % 2, lane % 4);
            total[(place + lane) % 3].merge(&Channel {
                sum: sums[half][quarter][word].into(),
                sum_sq: squares[half][quarter][word].into(),
                min: min[lane],
                max: max[lane],
            });
        }
    }
}

/// Narrower planes have no whole vector.
pub const LEAST_WIDTH: usize = 16;

/// Add planes of `width` bytes, of each line R, then G and B.
pub fn scan_planes(planes: &[u8], width: usize, total: &mut [Channel; 3]) {
    let last = last_of(width % 16);
    let lines_per_sum = BLOCKS_PER_SUM / width.div_ceil(16);
    for part in planes.chunks(3 * width * lines_per_sum.max(1)) {
        let mut lanes = [Lanes::none(); 3];
        for (at, plane) in part.chunks_exact(width).enumerate() {
            let lanes = &mut lanes[at % 3];
            let (blocks, rest) = plane.as_chunks::<16>();
            blocks.iter().for_each(|block| lanes.add(load(block, 0)));
            if let (false, Some(block)) = (rest.is_empty(), plane.last_chunk::<16>()) {
                lanes.add_some(load(block, 0), last);
            }
        }
        total.iter_mut().zip(&lanes).for_each(|(all, channel)| all.merge(&channel.total()));
    }
}

/// All bits of the last `count` bytes.
fn last_of(count: usize) -> v128 {
    let ones: [u8; 16] = std::array::from_fn(|at| if at + count >= 16 { u8::MAX } else { 0 });
    load(&ones, 0)
}

#[inline]
fn load<const N: usize>(block: &[u8; N], at: usize) -> v128 {
    // SAFETY: every caller asks for 16 bytes inside the block; the vectors of WebAssembly need no alignment.
    unsafe { v128_load(block.as_ptr().add(at).cast()) }
}

/// A block adds at most 4 * 255^2 to a 32-bit sum of squares: 2^13 of them stay under 2^31, as signed products must.
const BLOCKS_PER_SUM: usize = 1 << 13;

/// One channel, spread over the lanes of vectors in any order.
#[derive(Clone, Copy)]
struct Lanes {
    sum: v128,
    sum_sq: v128,
    min: v128,
    max: v128,
    /// To add neighbours up; V8 would make a constant anew for each vector.
    ones: v128,
}

impl Lanes {
    fn none() -> Self {
        let zero = u32x4_splat(0);
        Self { sum: zero, sum_sq: zero, min: u8x16_splat(u8::MAX), max: zero, ones: black_box(i16x8_splat(1)) }
    }

    /// Add 16 values of the channel.
    #[inline]
    fn add(&mut self, values: v128) {
        self.min = u8x16_min(self.min, values);
        self.max = u8x16_max(self.max, values);
        self.add_sums(values);
    }

    /// Add those of 16 values that `mask` has ones for; the others were added before.
    #[inline]
    fn add_some(&mut self, values: v128, mask: v128) {
        self.min = u8x16_min(self.min, values);
        self.max = u8x16_max(self.max, values);
        self.add_sums(v128_and(values, mask));
    }

    #[inline]
    fn add_sums(&mut self, values: v128) {
        let (low, high) = (u16x8_extend_low_u8x16(values), u16x8_extend_high_u8x16(values));
        self.sum = i32x4_add(self.sum, i32x4_dot_i16x8(i16x8_add(low, high), self.ones));
        let squares = i32x4_add(i32x4_dot_i16x8(low, low), i32x4_dot_i16x8(high, high));
        self.sum_sq = i32x4_add(self.sum_sq, squares);
    }

    fn total(&self) -> Channel {
        Channel {
            sum: words(self.sum).into_iter().map(u64::from).sum(),
            sum_sq: words(self.sum_sq).into_iter().map(u64::from).sum(),
            min: bytes(self.min).into_iter().fold(u8::MAX, u8::min),
            max: bytes(self.max).into_iter().fold(0, u8::max),
        }
    }
}

fn words(vector: v128) -> [u32; 4] {
    let mut words = [0; 4];
    // SAFETY: a vector has so many.
    unsafe { v128_store(words.as_mut_ptr().cast(), vector) };
    words
}

fn bytes(vector: v128) -> [u8; 16] {
    let mut bytes = [0; 16];
    // SAFETY: a vector has so many.
    unsafe { v128_store(bytes.as_mut_ptr().cast(), vector) };
    bytes
}
