//! The line filters of PNG (ISO/IEC 15948, clause 9), undone in place.

#[cfg(target_family = "wasm")]
#[path = "unfilter_wasm.rs"]
mod vector;

/// Undo filter type `filter` on a line, given the line above or nothing for the first. False for an unknown type.
#[must_use]
pub fn unfilter(filter: u8, pixel_bytes: usize, line: &mut [u8], above: &[u8]) -> bool {
    let first = above.is_empty();
    match (filter, pixel_bytes) {
        (0, _) => {}
        (2, _) if first => {}
        (2, _) => line.iter_mut().zip(above).for_each(|(x, up)| *x = x.wrapping_add(*up)),
        (1, 1) | (4, 1) if filter == 1 || first => left::<1>(line),
        (1, 2) | (4, 2) if filter == 1 || first => left::<2>(line),
        (1, 3) | (4, 3) if filter == 1 || first => left::<3>(line),
        (1, 4) | (4, 4) if filter == 1 || first => left::<4>(line),
        (3, _) if first => average_first(line, pixel_bytes),
        (3, 1) => average::<1>(line, above),
        (3, 2) => average::<2>(line, above),
        (3, 3) => average::<3>(line, above),
        (3, 4) => average::<4>(line, above),
        (4, 1) => paeth::<1>(line, above),
        (4, 2) => paeth::<2>(line, above),
        (4, 3) => paeth::<3>(line, above),
        (4, 4) => paeth::<4>(line, above),
        _ => return false,
    }
    true
}

fn left<const N: usize>(line: &mut [u8]) {
    let mut a = [0u8; N];
    for pixel in line.chunks_exact_mut(N) {
        for i in 0..N {
            a[i] = a[i].wrapping_add(pixel[i]);
        }
        pixel.copy_from_slice(&a);
    }
}

fn average_first(line: &mut [u8], pixel_bytes: usize) {
    for at in pixel_bytes..line.len() {
        line[at] = line[at].wrapping_add(line[at - pixel_bytes] / 2);
    }
}

fn average<const N: usize>(line: &mut [u8], above: &[u8]) {
    #[cfg(target_family = "wasm")]
    let (line, above, mut a) = {
        let done = N * if N > 2 { vector::average::<N>(line, above) } else { 0 };
        let a = pixel_before::<N>(line, done);
        (&mut line[done..], &above[done..], a)
    };
    #[cfg(not(target_family = "wasm"))]
    let mut a = [0u8; N];
    for (pixel, b) in line.chunks_exact_mut(N).zip(above.chunks_exact(N)) {
        for i in 0..N {
            a[i] = pixel[i].wrapping_add(((u16::from(a[i]) + u16::from(b[i])) / 2) as u8);
        }
        pixel.copy_from_slice(&a);
    }
}

/// The neighbour nearest to a + b - c, found without branches: 3c - (a + b) is at or above both a and b where the
/// smaller of them is nearest, at or below both where the larger is, and between them where c is.
fn paeth<const N: usize>(line: &mut [u8], above: &[u8]) {
    #[cfg(target_family = "wasm")]
    let (line, above, mut a, mut c) = {
        let done = N * if N > 2 { vector::paeth::<N>(line, above) } else { 0 };
        let [a, c] = [&*line, above].map(|line| pixel_before::<N>(line, done).map(i16::from));
        (&mut line[done..], &above[done..], a, c)
    };
    #[cfg(not(target_family = "wasm"))]
    let (mut a, mut c) = ([0i16; N], [0i16; N]);
    for (pixel, up) in line.chunks_exact_mut(N).zip(above.chunks_exact(N)) {
        for i in 0..N {
            let b = i16::from(up[i]);
            let turn = 3 * c[i] - (a[i] + b);
            let (low, high) = (a[i].min(b), a[i].max(b));
            let nearest = if turn >= high { low } else { c[i] };
            let nearest = if turn <= low { high } else { nearest };
            pixel[i] = pixel[i].wrapping_add(nearest as u8);
            a[i] = pixel[i].into();
            c[i] = b;
        }
    }
}

/// The pixel that ends at a byte; zeros for none.
#[cfg(target_family = "wasm")]
fn pixel_before<const N: usize>(line: &[u8], end: usize) -> [u8; N] {
    line[..end].last_chunk::<N>().copied().unwrap_or([0; N])
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The definition of the standard, byte by byte.
    fn slow(filter: u8, n: usize, line: &[u8], above: &[u8]) -> Vec<u8> {
        let mut out: Vec<u8> = Vec::new();
        for (at, byte) in line.iter().enumerate() {
            let a = if at < n { 0 } else { i32::from(out[at - n]) };
            let b = i32::from(above.get(at).copied().unwrap_or(0));
            let c = if at < n { 0 } else { i32::from(above.get(at - n).copied().unwrap_or(0)) };
            let p = a + b - c;
            let (pa, pb, pc) = ((p - a).abs(), (p - b).abs(), (p - c).abs());
            let paeth = if pa <= pb && pa <= pc {
                a
            } else if pb <= pc {
                b
            } else {
                c
            };
            let predicted = [0, a, b, (a + b) / 2, paeth][usize::from(filter)];
            out.push(byte.wrapping_add(predicted as u8));
        }
        out
    }

    #[test]
    fn every_filter_is_that_of_the_standard() {
        let mut state = 1u32;
        let mut byte = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            // Many equal neighbours, for ties.
            (state >> 24) as u8 & if state & 0x8000 == 0 { 0x03 } else { 0xff }
        };
        for filter in 0..=4 {
            for n in 1..=4 {
                for pixels in [1, 2, 3, 50, 1_000] {
                    for first in [true, false] {
                        let line: Vec<u8> = (0..n * pixels).map(|_| byte()).collect();
                        let above: Vec<u8> = if first { vec![] } else { line.iter().map(|_| byte()).collect() };
                        let mut fast = line.clone();
                        assert!(unfilter(filter, n, &mut fast, &above));
                        assert_eq!(fast, slow(filter, n, &line, &above), "{filter} {n} {pixels} {first}");
                    }
                }
            }
        }
        assert!(!unfilter(5, 1, &mut [1], &[]));
    }
}
