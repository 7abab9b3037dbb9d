//! The scan for x86-64: AVX-512 with VNNI or AVX2, whichever the processor has. Without both everything is left to the
//! scalar loop, which the compiler turns into SSE2.

use super::Channel;
use crate::processor::{Vectors, that_run};
use std::sync::LazyLock;

#[path = "scan_avx2.rs"]
mod avx2;
#[path = "scan_avx512.rs"]
mod avx512;

/// The scan of whole blocks by one kind of vectors.
#[derive(Clone, Copy)]
struct Scan {
    /// Bytes of a vector: a block is one of them for grey, three for RGB.
    width: usize,
    grey: unsafe fn(&[u8]) -> Channel,
    rgb: unsafe fn(&[u8]) -> [Channel; 3],
}

const AVX512: Scan = Scan { width: 64, grey: avx512::grey_blocks, rgb: avx512::rgb_blocks };
const AVX2: Scan = Scan { width: 32, grey: avx2::grey_blocks, rgb: avx2::rgb_blocks };

static SCAN: LazyLock<Option<Scan>> = LazyLock::new(|| available().next());

/// All that run on this processor, the fastest first.
fn available() -> impl Iterator<Item = Scan> {
    that_run([(Vectors::Avx512Vnni, AVX512), (Vectors::Avx2, AVX2)])
}

/// So many blocks do not overflow the 32-bit sums of squares in a vector: a block adds at most 4 * 255^2 to one.
const BLOCKS_PER_SUM: usize = 1 << 13;

/// Add as many pixels as fill whole blocks and give the rest.
pub fn scan_grey<'a>(pixels: &'a [u8], total: &mut Channel) -> &'a [u8] {
    SCAN.map_or(pixels, |scan| scan.add_grey(pixels, total))
}

/// Like `scan_grey`, for pixels of three bytes.
pub fn scan_rgb<'a>(pixels: &'a [u8], total: &mut [Channel; 3]) -> &'a [u8] {
    SCAN.map_or(pixels, |scan| scan.add_rgb(pixels, total))
}

impl Scan {
    fn add_grey<'a>(&self, pixels: &'a [u8], total: &mut Channel) -> &'a [u8] {
        let (blocks, rest) = pixels.split_at(pixels.len() / self.width * self.width);
        for part in blocks.chunks(self.width * BLOCKS_PER_SUM) {
            // SAFETY: the processor has what the function needs, or `available` would not have listed it.
            total.merge(&unsafe { (self.grey)(part) });
        }
        rest
    }

    fn add_rgb<'a>(&self, pixels: &'a [u8], total: &mut [Channel; 3]) -> &'a [u8] {
        let block = 3 * self.width;
        let (blocks, rest) = pixels.split_at(pixels.len() / block * block);
        for part in blocks.chunks(block * BLOCKS_PER_SUM) {
            // SAFETY: as above.
            let channels = unsafe { (self.rgb)(part) };
            total.iter_mut().zip(&channels).for_each(|(all, channel)| all.merge(channel));
        }
        rest
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_vectors_gives_the_same() {
        let data: Vec<u8> = (0u32..192 * 50).map(|at| (at.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
        let mut grey = Channel::NONE;
        let mut rgb = [Channel::NONE; 3];
        for (at, value) in data.iter().enumerate() {
            grey.add(*value, 1);
            rgb[at % 3].add(*value, 1);
        }
        for scan in available() {
            let mut sums = ([Channel::NONE; 3], Channel::NONE);
            assert!(scan.add_rgb(&data, &mut sums.0).is_empty());
            assert!(scan.add_grey(&data, &mut sums.1).is_empty());
            assert_eq!(sums, (rgb, grey), "{} bytes", scan.width);
        }
    }
}
