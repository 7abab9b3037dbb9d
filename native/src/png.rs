//! PNG of up to 8 bits a sample, not interlaced. Lossless, so any decoder gives the same pixels of a sound file; one
//! that is not sound in every detail is left to the portable kernel, which knows what other engines make of it.

use crate::image::{Failure, Image, Outcome, Scratch};
use crate::scan::{Channel, scan_grey, scan_rgb};
use crate::unfilter::unfilter;
use libdeflate_sys as deflate;
use std::ffi::c_void;
use std::time::{Duration, Instant};

const GREY: u8 = 0;
const RGB: u8 = 2;
const PALETTE: u8 = 3;
const GREY_ALPHA: u8 = 4;
const RGBA: u8 = 6;

/// The signature and the header chunk.
const HEADER_BYTES: usize = 33;

/// Inflate the whole image, undo the filters line by line and scan each line while it is in the cache.
pub fn measure(image: &Image, scratch: &mut Scratch) -> Result<Outcome, Failure> {
    let started = Instant::now();
    let mut layout = Layout::of(image).ok_or(Failure::Foreign)?;
    let data = collect(image, &mut layout, &mut scratch.compressed).ok_or(Failure::Foreign)?;
    let lines = inflate(data, layout.line_bytes() * image.height as usize, &mut scratch.pixels)?;

    let mut counter = Counter::new(&layout);
    let mut scanning = Duration::ZERO;
    let mut above: &[u8] = &[];
    for line in lines.chunks_exact_mut(layout.line_bytes()) {
        let (filter, line) = line.split_first_mut().ok_or(Failure::Foreign)?;
        if !unfilter(*filter, layout.pixel_bytes(), line, above) {
            return Err(Failure::Foreign);
        }
        let decoded = Instant::now();
        counter.add(line);
        scanning += decoded.elapsed();
        above = line;
    }
    let channels = counter.total();
    Ok(Outcome { channels, decoding: started.elapsed().saturating_sub(scanning), scanning })
}

/// How the pixels lie in the inflated data.
struct Layout {
    width: usize,
    depth: usize,
    colour: u8,
    /// Over black, beyond the palette black.
    palette: [[u8; 3]; 256],
}

impl Layout {
    fn of(image: &Image) -> Option<Self> {
        let header = image.pieces.first()?.get(..HEADER_BYTES)?;
        let (depth, colour, interlace) = (header[24], header[25], header[28]);
        let known = match colour {
            GREY | PALETTE => matches!(depth, 1 | 2 | 4 | 8),
            RGB | GREY_ALPHA | RGBA => depth == 8,
            _ => false,
        };
        let size = [image.width.to_be_bytes(), image.height.to_be_bytes()].concat();
        if !known || interlace != 0 || header[16..24] != size {
            return None;
        }
        Some(Self { width: image.width as usize, depth: depth.into(), colour, palette: [[0; 3]; 256] })
    }

    fn samples(&self) -> usize {
        match self.colour {
            RGB => 3,
            GREY_ALPHA => 2,
            RGBA => 4,
            _ => 1,
        }
    }

    /// The distance of the filters.
    fn pixel_bytes(&self) -> usize {
        self.samples()
    }

    /// A line with its filter type.
    fn line_bytes(&self) -> usize {
        1 + (self.width * self.samples() * self.depth).div_ceil(8)
    }
}

/// Walk the chunks: fill the palette, and give the compressed data in one run.
fn collect<'a>(image: &Image<'a>, layout: &mut Layout, joined: &'a mut Vec<u8>) -> Option<&'a [u8]> {
    let mut first: Option<&[u8]> = None;
    let mut transparency: &[u8] = &[];
    let mut entries: &[u8] = &[];
    joined.clear();
    for (at, piece) in image.pieces.iter().enumerate() {
        let mut rest = if at == 0 { piece.get(HEADER_BYTES..)? } else { piece };
        while !rest.is_empty() {
            let length = u32::from_be_bytes(rest.get(..4)?.try_into().ok()?) as usize;
            let body = rest.get(8..)?.get(..length)?;
            match rest.get(4..8)? {
                b"PLTE" => entries = body,
                b"tRNS" if layout.colour == PALETTE => transparency = body,
                b"tRNS" => return None,
                b"IDAT" => match first {
                    None => first = Some(body),
                    Some(begin) => {
                        if joined.is_empty() {
                            joined.extend_from_slice(begin);
                        }
                        joined.extend_from_slice(body);
                    }
                },
                _ => {}
            }
            rest = rest.get(length + 12..)?;
        }
    }
    for (at, colour) in entries.chunks_exact(3).take(256).enumerate() {
        let alpha = transparency.get(at).copied().unwrap_or(u8::MAX);
        layout.palette[at] = [0, 1, 2].map(|channel| over_black(colour[channel], alpha));
    }
    if joined.is_empty() { first } else { Some(joined) }
}

/// Inflate to exactly `size` bytes. More, less, a wrong checksum or bytes after the end are for the portable kernel.
fn inflate<'a>(data: &[u8], size: usize, to: &'a mut Vec<u8>) -> Result<&'a mut [u8], Failure> {
    if to.len() < size {
        to.try_reserve_exact(size - to.len()).map_err(|_| Failure::Foreign)?;
        to.resize(size, 0);
    }
    let mut read = 0;
    // SAFETY: both buffers are as long as is said, and the decompressor is this thread's own.
    let result = INFLATER.with(|inflater| unsafe {
        deflate::libdeflate_zlib_decompress_ex(
            inflater.0,
            data.as_ptr().cast::<c_void>(),
            data.len(),
            to.as_mut_ptr().cast::<c_void>(),
            size,
            &mut read,
            std::ptr::null_mut(),
        )
    });
    if result != deflate::libdeflate_result_LIBDEFLATE_SUCCESS || read != data.len() {
        return Err(Failure::Foreign);
    }
    Ok(&mut to[..size])
}

struct Inflater(*mut deflate::libdeflate_decompressor);

impl Drop for Inflater {
    fn drop(&mut self) {
        // SAFETY: allocated below, and freed once, when its thread ends.
        unsafe { deflate::libdeflate_free_decompressor(self.0) }
    }
}

thread_local! {
    static INFLATER: Inflater = {
        // SAFETY: allocates.
        let raw = unsafe { deflate::libdeflate_alloc_decompressor() };
        assert!(!raw.is_null(), "no memory for a decompressor");
        Inflater(raw)
    };
}

/// Takes the lines of an image and knows its statistics after the last one.
struct Counter<'a> {
    layout: &'a Layout,
    channels: [Channel; 3],
    /// How often each byte occurs, where a byte is a palette index or several pixels; four tables, since counting the
    /// same value twice in a row would wait for the first store.
    bytes: [[u32; 256]; 4],
    /// How often each value of a last byte occurs that has fewer pixels than the others.
    last: [u32; 256],
    opaque: Vec<u8>,
}

impl<'a> Counter<'a> {
    fn new(layout: &'a Layout) -> Self {
        let (bytes, last) = ([[0; 256]; 4], [0; 256]);
        Self { layout, channels: [Channel::NONE; 3], bytes, last, opaque: Vec::new() }
    }

    fn add(&mut self, line: &[u8]) {
        match (self.layout.colour, self.layout.depth) {
            (GREY, 8) => scan_grey(line, &mut self.channels[0]),
            (RGB, _) => scan_rgb(line, &mut self.channels),
            (GREY_ALPHA, _) => {
                self.opaque.clear();
                self.opaque.extend(line.chunks_exact(2).map(|pixel| over_black(pixel[0], pixel[1])));
                scan_grey(&self.opaque, &mut self.channels[0]);
            }
            (RGBA, _) => {
                self.opaque.clear();
                let over = |p: &[u8]| [over_black(p[0], p[3]), over_black(p[1], p[3]), over_black(p[2], p[3])];
                self.opaque.extend(line.chunks_exact(4).flat_map(over));
                scan_rgb(&self.opaque, &mut self.channels);
            }
            _ => self.count(line),
        }
    }

    fn count(&mut self, line: &[u8]) {
        let whole = self.layout.width * self.layout.depth / 8;
        let (full, part) = line.split_at(whole.min(line.len()));
        let mut fours = full.chunks_exact(4);
        for four in &mut fours {
            for (table, byte) in self.bytes.iter_mut().zip(four) {
                table[usize::from(*byte)] += 1;
            }
        }
        fours.remainder().iter().for_each(|byte| self.bytes[0][usize::from(*byte)] += 1);
        part.iter().for_each(|byte| self.last[usize::from(*byte)] += 1);
    }

    fn total(mut self) -> [Channel; 3] {
        let Layout { width, depth, colour, palette } = self.layout;
        let counted = *colour == PALETTE || *depth < 8;
        if counted {
            let per_byte = 8 / depth;
            for byte in 0..=u8::MAX {
                let times: u64 = self.bytes.iter().map(|table| u64::from(table[usize::from(byte)])).sum();
                let last = u64::from(self.last[usize::from(byte)]);
                for place in 0..per_byte {
                    let value = (u16::from(byte) << (place * depth)) as u8 >> (8 - depth);
                    let pixels = times + if place < width % per_byte { last } else { 0 };
                    let rgb = if *colour == PALETTE {
                        palette[usize::from(value)]
                    } else {
                        [(u16::from(value) * 255 / ((1 << depth) - 1)) as u8; 3]
                    };
                    self.channels.iter_mut().zip(rgb).for_each(|(channel, value)| channel.add(value, pixels));
                }
            }
        } else if matches!(*colour, GREY | GREY_ALPHA) {
            self.channels = [self.channels[0]; 3];
        }
        self.channels
    }
}

/// c * a / 255 rounded to the nearest, as `overBlack` of src/kernel/scan.ts.
fn over_black(value: u8, alpha: u8) -> u8 {
    let scaled = u16::from(value) * u16::from(alpha) + 128;
    ((scaled + (scaled >> 8)) >> 8) as u8
}
