//! Sums, sums of squares, minima and maxima of 8-bit pixels, with WebAssembly's 128-bit SIMD.
//!
//! `node scripts/build-wasm.mjs` compiles it into scan-wasm.ts. It imports nothing, holds one chunk of pixels at a
//! time, and is called for one chunk after the other.
#![no_std]

use core::arch::wasm32::*;

/// Bytes per call: a multiple of 48, and so few that 32 bits hold the sums of squares of a lane.
/// A lane takes 4 * 255^2 per vector, and grey has a vector for each 16 bytes: 6144 * 260100 < 2^32.
const CHUNK: usize = 48 * 2048;

/// Exact, though of type f64 for JavaScript's sake: a chunk's sums are below 2^53.
#[repr(C)]
#[derive(Clone, Copy)]
struct Statistics {
    sum: f64,
    sum_sq: f64,
    min: f64,
    max: f64,
}

const NOTHING: Statistics = Statistics { sum: 0.0, sum_sq: 0.0, min: 255.0, max: 0.0 };

static mut PIXELS: [u8; CHUNK] = [0; CHUNK];
static mut STATISTICS: [Statistics; 3] = [NOTHING; 3];

/// Where a chunk is put.
#[unsafe(no_mangle)]
pub extern "C" fn pixels() -> *mut u8 {
    &raw mut PIXELS as *mut u8
}

/// Where the statistics of a chunk are then: per channel sum, sum of squares, minimum, maximum.
#[unsafe(no_mangle)]
pub extern "C" fn statistics() -> *const f64 {
    &raw const STATISTICS as *const f64
}

/// Scan `bytes` of interleaved RGB, a multiple of 3, into all three statistics.
#[unsafe(no_mangle)]
pub extern "C" fn scan_rgb(bytes: usize) {
    let chunk = chunk(bytes);
    let mut lanes = [Lanes::new(); 3];
    let (blocks, rest) = chunk.as_chunks::<48>();
    for block in blocks {
        let (a, b, c) = (load(block, 0), load(block, 16), load(block, 32));
        let red = u8x16_shuffle::<0, 3, 6, 9, 12, 15, 18, 21, 24, 27, 30, 0, 0, 0, 0, 0>(a, b);
        let green = u8x16_shuffle::<1, 4, 7, 10, 13, 16, 19, 22, 25, 28, 31, 0, 0, 0, 0, 0>(a, b);
        let blue = u8x16_shuffle::<2, 5, 8, 11, 14, 17, 20, 23, 26, 29, 0, 0, 0, 0, 0, 0>(a, b);
        lanes[0].add(u8x16_shuffle::<0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 17, 20, 23, 26, 29>(red, c));
        lanes[1].add(u8x16_shuffle::<0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 18, 21, 24, 27, 30>(green, c));
        lanes[2].add(u8x16_shuffle::<0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 16, 19, 22, 25, 28, 31>(blue, c));
    }
    let mut totals = lanes.map(Lanes::total);
    for pixel in rest.chunks_exact(3) {
        for (total, &value) in totals.iter_mut().zip(pixel) {
            total.add(value);
        }
    }
    // SAFETY: WebAssembly without shared memory has one thread, and nothing else holds a reference.
    unsafe { STATISTICS = totals };
}

/// Scan `bytes` of grey into the first statistics.
#[unsafe(no_mangle)]
pub extern "C" fn scan_grey(bytes: usize) {
    let chunk = chunk(bytes);
    let mut lanes = Lanes::new();
    let (blocks, rest) = chunk.as_chunks::<16>();
    for block in blocks {
        lanes.add(load(block, 0));
    }
    let mut total = lanes.total();
    for &value in rest {
        total.add(value);
    }
    // SAFETY: as in scan_rgb.
    unsafe { STATISTICS[0] = total };
}

fn chunk(bytes: usize) -> &'static [u8] {
    // SAFETY: as in scan_rgb; JavaScript writes only between calls. The length is checked.
    unsafe { core::slice::from_raw_parts(&raw const PIXELS as *const u8, bytes.min(CHUNK)) }
}

fn load<const N: usize>(block: &[u8; N], at: usize) -> v128 {
    // SAFETY: every caller asks for 16 bytes inside the block; the vectors of WebAssembly need no alignment.
    unsafe { v128_load(block.as_ptr().add(at).cast()) }
}

impl Statistics {
    fn add(&mut self, value: u8) {
        let value = f64::from(value);
        self.sum += value;
        self.sum_sq += value * value;
        self.min = if value < self.min { value } else { self.min };
        self.max = if value > self.max { value } else { self.max };
    }
}

/// Statistics of one channel, apart for each place in a vector.
#[derive(Clone, Copy)]
struct Lanes {
    sum: v128,
    sum_sq: v128,
    min: v128,
    max: v128,
}

impl Lanes {
    fn new() -> Self {
        let zero = u8x16_splat(0);
        Lanes { sum: zero, sum_sq: zero, min: u8x16_splat(255), max: zero }
    }

    #[inline(always)]
    fn add(&mut self, values: v128) {
        self.min = u8x16_min(self.min, values);
        self.max = u8x16_max(self.max, values);
        let pairs = u16x8_extadd_pairwise_u8x16(values);
        self.sum = u32x4_add(self.sum, u32x4_extadd_pairwise_u16x8(pairs));
        let low = u32x4_extadd_pairwise_u16x8(u16x8_extmul_low_u8x16(values, values));
        let high = u32x4_extadd_pairwise_u16x8(u16x8_extmul_high_u8x16(values, values));
        self.sum_sq = u32x4_add(self.sum_sq, u32x4_add(low, high));
    }

    fn total(self) -> Statistics {
        let min = lanes_of::<16, u8>(self.min).into_iter().fold(255, u8::min);
        let max = lanes_of::<16, u8>(self.max).into_iter().fold(0, u8::max);
        let sum = lanes_of::<4, u32>(self.sum).into_iter().map(f64::from).sum();
        let sum_sq = lanes_of::<4, u32>(self.sum_sq).into_iter().map(f64::from).sum();
        Statistics { sum, sum_sq, min: min.into(), max: max.into() }
    }
}

fn lanes_of<const N: usize, T: Copy + Default>(vector: v128) -> [T; N] {
    let mut lanes = [T::default(); N];
    // SAFETY: called for 16 bytes and for 4 words, which is what a vector holds.
    unsafe { v128_store(lanes.as_mut_ptr().cast(), vector) };
    lanes
}

#[panic_handler]
fn panic(_: &core::panic::PanicInfo) -> ! {
    core::arch::wasm32::unreachable()
}
