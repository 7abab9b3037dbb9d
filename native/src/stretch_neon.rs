//! Tables looked up 16 values at a time by NEON, which every arm64 processor has.

use super::{Range, Table};
use std::arch::aarch64::*;

/// Replace as many values as fill whole vectors and give the rest.
pub fn stretch<'a>(pixels: &'a mut [u8], table: &Table, _: Range) -> &'a mut [u8] {
    let table = load_table(table);
    let (blocks, rest) = pixels.as_chunks_mut::<16>();
    for block in blocks {
        // SAFETY: a block has the 16 bytes that are loaded and stored.
        unsafe { vst1q_u8(block.as_mut_ptr(), replace(vld1q_u8(block.as_ptr()), &table)) };
    }
    rest
}

/// Like `stretch`, with a table for each of three channels; the rest begins with a whole pixel.
pub fn stretch_each<'a>(pixels: &'a mut [u8], tables: &[Table; 3], _: [Range; 3]) -> &'a mut [u8] {
    let tables = [load_table(&tables[0]), load_table(&tables[1]), load_table(&tables[2])];
    let (blocks, rest) = pixels.as_chunks_mut::<48>();
    for block in blocks {
        // SAFETY: a block has the 48 bytes that are loaded, taken apart by channel, and stored.
        unsafe {
            let uint8x16x3_t(red, green, blue) = vld3q_u8(block.as_ptr());
            let replaced =
                uint8x16x3_t(replace(red, &tables[0]), replace(green, &tables[1]), replace(blue, &tables[2]));
            vst3q_u8(block.as_mut_ptr(), replaced);
        }
    }
    rest
}

/// An index beyond 64 entries leaves what was looked up before, so each quarter of the table adds its own.
#[inline]
fn replace(values: uint8x16_t, [a, b, c, d]: &[uint8x16x4_t; 4]) -> uint8x16_t {
    // SAFETY: arithmetic on registers; every arm64 processor has it.
    unsafe {
        let quarter = vdupq_n_u8(64);
        let second = vsubq_u8(values, quarter);
        let third = vsubq_u8(second, quarter);
        let fourth = vsubq_u8(third, quarter);
        let replaced = vqtbx4q_u8(vqtbl4q_u8(*a, values), *b, second);
        vqtbx4q_u8(vqtbx4q_u8(replaced, *c, third), *d, fourth)
    }
}

fn load_table(table: &Table) -> [uint8x16x4_t; 4] {
    // SAFETY: each of the four parts has the 64 bytes that are loaded.
    [0, 1, 2, 3].map(|part| unsafe { vld1q_u8_x4(table[64 * part..64 * (part + 1)].as_ptr()) })
}
