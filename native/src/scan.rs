//! Sum, sum of squares, minimum and maximum per channel: exact integers, by the widest vectors that the processor has.

#[cfg(target_arch = "x86_64")]
#[path = "scan_x86.rs"]
mod vector;
#[cfg(target_arch = "aarch64")]
#[path = "scan_neon.rs"]
mod vector;
#[cfg(target_family = "wasm")]
#[path = "scan_wasm.rs"]
mod vector;

/// What is known of one channel. Sums are at most 255^2 * 2^27 < 2^43 for the largest image.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Channel {
    pub sum: u64,
    pub sum_sq: u64,
    pub min: u8,
    pub max: u8,
}

impl Channel {
    /// Of no pixels.
    pub const NONE: Self = Self { sum: 0, sum_sq: 0, min: u8::MAX, max: 0 };

    pub fn merge(&mut self, other: &Self) {
        self.sum += other.sum;
        self.sum_sq += other.sum_sq;
        self.min = self.min.min(other.min);
        self.max = self.max.max(other.max);
    }

    /// Add `times` pixels of one value.
    pub fn add(&mut self, value: u8, times: u64) {
        if times == 0 {
            return;
        }
        let wide = u64::from(value);
        self.merge(&Self { sum: wide * times, sum_sq: wide * wide * times, min: value, max: value });
    }
}

/// Add grey pixels.
pub fn scan_grey(pixels: &[u8], total: &mut Channel) {
    let rest = vector::scan_grey(pixels, total);
    for part in rest.chunks(SCALAR_PIXELS) {
        total.merge(&scalar(part.iter().copied()));
    }
}

/// Add pixels of three bytes. Bytes after the last whole pixel do not count.
pub fn scan_rgb(pixels: &[u8], total: &mut [Channel; 3]) {
    let rest = vector::scan_rgb(pixels, total);
    for part in rest.chunks(3 * SCALAR_PIXELS) {
        let whole = &part[..part.len() / 3 * 3];
        for (at, channel) in total.iter_mut().enumerate() {
            channel.merge(&scalar(whole.iter().skip(at).step_by(3).copied()));
        }
    }
}

/// Add lines of `stride` bytes, each of which is all its R, then all its G and B.
pub fn scan_planes(lines: &[u8], stride: usize, total: &mut [Channel; 3]) {
    #[cfg(target_family = "wasm")]
    if stride / 3 >= vector::LEAST_WIDTH {
        return vector::scan_planes(lines, stride / 3, total);
    }
    for (at, plane) in lines.chunks_exact(stride / 3).enumerate() {
        scan_grey(plane, &mut total[at % 3]);
    }
}

/// So many squares of bytes fit into 32 bits.
const SCALAR_PIXELS: usize = 65_536;

fn scalar(values: impl Iterator<Item = u8>) -> Channel {
    let (mut sum, mut sum_sq, mut min, mut max) = (0u32, 0u32, u8::MAX, 0u8);
    for value in values {
        sum += u32::from(value);
        sum_sq += u32::from(value) * u32::from(value);
        min = min.min(value);
        max = max.max(value);
    }
    Channel { sum: sum.into(), sum_sq: sum_sq.into(), min, max }
}

#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64", target_family = "wasm")))]
mod vector {
    use super::Channel;

    pub fn scan_grey<'a>(pixels: &'a [u8], _: &mut Channel) -> &'a [u8] {
        pixels
    }

    pub fn scan_rgb<'a>(pixels: &'a [u8], _: &mut [Channel; 3]) -> &'a [u8] {
        pixels
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Bytes of a linear congruential generator (the constants of Numerical Recipes).
    fn bytes(count: usize, mut state: u32) -> Vec<u8> {
        std::iter::repeat_with(|| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 24) as u8
        })
        .take(count)
        .collect()
    }

    fn slow(values: impl Iterator<Item = u8>) -> Channel {
        let mut channel = Channel::NONE;
        values.for_each(|value| channel.add(value, 1));
        channel
    }

    #[test]
    fn vectors_equal_one_by_one_at_every_length() {
        for pixels in (0..200).chain([1_000, 65_536, 300_001]) {
            let data = bytes(3 * pixels, pixels as u32);
            let mut grey = Channel::NONE;
            scan_grey(&data, &mut grey);
            assert_eq!(grey, slow(data.iter().copied()), "{pixels} grey");
            let mut rgb = [Channel::NONE; 3];
            scan_rgb(&data, &mut rgb);
            for (at, channel) in rgb.iter().enumerate() {
                assert_eq!(*channel, slow(data.iter().skip(at).step_by(3).copied()), "{pixels} rgb");
            }
        }
    }

    #[test]
    fn white_overflows_nothing() {
        let pixels = 3_000_000;
        let mut rgb = [Channel::NONE; 3];
        scan_rgb(&vec![255; 3 * pixels], &mut rgb);
        let sum = 255 * pixels as u64;
        assert_eq!(rgb, [Channel { sum, sum_sq: 255 * sum, min: 255, max: 255 }; 3]);
        let mut grey = Channel::NONE;
        scan_grey(&vec![255; pixels], &mut grey);
        assert_eq!(grey, rgb[0]);
    }
}
