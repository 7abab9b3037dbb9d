//! The filters that need the pixel before, with WebAssembly's SIMD: one pixel of three or four bytes after the other.
//!
//! Four bytes are loaded and stored for a pixel of three. So the next pixel is loaded before, and one is left at the end.

use std::arch::wasm32::*;
use std::hint::black_box;

/// Undo `average` on the first pixels, and give how many.
pub fn average<const N: usize>(line: &mut [u8], above: &[u8]) -> usize {
    let ones = black_box(u8x16_splat(1));
    let mut a = u8x16_splat(0);
    each_pixel::<N>(line, above, |x, b| {
        // Rounded down, where WebAssembly's own is rounded up.
        let odd = v128_and(v128_xor(a, b), ones);
        a = u8x16_add(x, u8x16_sub(u8x16_avgr(a, b), odd));
        a
    })
}

/// Undo `paeth` on the first pixels, and give how many; see the other one for how.
pub fn paeth<const N: usize>(line: &mut [u8], above: &[u8]) -> usize {
    let mut a = u8x16_splat(0);
    let (mut c, mut c3) = (a, a);
    each_pixel::<N>(line, above, |x, b| {
        let b = u16x8_extend_low_u8x16(b);
        let turn = i16x8_sub(i16x8_sub(c3, b), a);
        let (low, high) = (i16x8_min(a, b), i16x8_max(a, b));
        let nearest = v128_bitselect(c, high, i16x8_gt(turn, low));
        let nearest = v128_bitselect(nearest, low, i16x8_gt(high, turn));
        // By bytes, of which the high ones stay zero.
        a = u8x16_add(u16x8_extend_low_u8x16(x), nearest);
        c = b;
        c3 = i16x8_add(i16x8_add(b, b), b);
        u8x16_narrow_i16x8(a, a)
    })
}

/// Replace pixels by what `undo` makes of each and the one above it, as many as may be.
#[inline(always)]
fn each_pixel<const N: usize>(line: &mut [u8], above: &[u8], mut undo: impl FnMut(v128, v128) -> v128) -> usize {
    let length = line.len().min(above.len());
    if length < N + 4 {
        return 0;
    }
    let pixels = (length - 4) / N;
    let (mut to, mut from) = (line.as_mut_ptr(), above.as_ptr());
    // SAFETY: the pixels and the one behind them have four bytes each, in both lines.
    unsafe {
        let mut next = v128_load32_zero(to.cast());
        for _ in 0..pixels {
            let pixel = next;
            next = v128_load32_zero(to.add(N).cast());
            v128_store32_lane::<0>(undo(pixel, v128_load32_zero(from.cast())), to.cast());
            (to, from) = (to.add(N), from.add(N));
        }
        v128_store32_lane::<0>(next, to.cast());
    }
    pixels
}
