//! From an image to its tensor: decoded, resampled, cut out and normalised, strip by strip (docs/tensors.md).

use crate::clock::Instant;
use crate::image::{Failure, Image};
use crate::kernel;
use crate::resample::{Lines, PADDING, across, down, reach};
use crate::scratch::at_least;
use crate::taps::{Filter, Taps};
use std::cell::RefCell;
use std::ops::Range;
use std::time::Duration;

/// Numbers per image that go in: width, height, count of pieces, whether its one piece is R, G and B of its pixels and no file;
/// width and height that it is resized to; left and top, width and height of what is cut out of that.
pub const IN: usize = 10;
const MAX_PIXELS: u64 = 1 << 27;
/// Keeps no more than this for the next image.
const KEPT_BYTES: usize = 16 << 20;

/// What is the same for all images of a call.
pub struct Recipe {
    filter: Filter,
    /// Whether all of a channel comes before the next one.
    planar: bool,
    /// What each value becomes in each channel; bytes stay as they are.
    floats: Option<Box<[[f32; 256]; 3]>>,
}

impl Recipe {
    /// `constants` are means and standard deviations, of values between 0 and 1. None where there is no such filter.
    pub fn new(filter: u32, planar: bool, constants: Option<([f32; 3], [f32; 3])>) -> Option<Self> {
        let floats = constants.map(|(mean, std)| {
            // The operations of torchvision, in their order: each of them rounds to float32.
            let channel = |at: usize| std::array::from_fn(|value| (value as f32 / 255.0 - mean[at]) / std[at]);
            Box::new([0, 1, 2].map(channel))
        });
        Some(Self { filter: Filter::of(filter)?, planar, floats })
    }

    /// Bytes of the tensor of an image by its numbers.
    pub fn length(&self, numbers: &[u32]) -> u128 {
        let bytes = if self.floats.is_some() { 4 } else { 1 };
        3 * bytes * u128::from(numbers[8]) * u128::from(numbers[9])
    }
}

/// How long an image took.
pub struct Times {
    pub decoding: Duration,
    pub making: Duration,
}

/// The sizes of an image and of its tensor.
pub struct Plan {
    size: [usize; 2],
    /// Whether the one piece is pixels.
    decoded: bool,
    resized: [usize; 2],
    /// What is cut out: columns and rows.
    cut: [Range<usize>; 2],
}

impl Plan {
    /// None where the numbers do not fit together.
    pub fn of(numbers: &[u32]) -> Option<Self> {
        let [width, height, _, decoded, to_width, to_height, left, top, cut_width, cut_height] = *numbers else {
            return None;
        };
        let fits = |first: u32, count: u32, all: u32| count > 0 && u64::from(first) + u64::from(count) <= all.into();
        let is_whole = fits(left, cut_width, to_width) && fits(top, cut_height, to_height);
        let few = u64::from(to_width) * u64::from(to_height) <= MAX_PIXELS;
        let range = |first: u32, count: u32| first as usize..first as usize + count as usize;
        (is_whole && few && width > 0 && height > 0).then(|| Self {
            size: [width as usize, height as usize],
            decoded: decoded != 0,
            resized: [to_width as usize, to_height as usize],
            cut: [range(left, cut_width), range(top, cut_height)],
        })
    }

    /// Pillow's order of its passes: that of rows first where so many more of them than of columns go.
    fn rows_first(&self) -> bool {
        let [columns, rows] = [0, 1].map(|axis| self.size[axis] as i64 - self.resized[axis] as i64);
        rows > 0 && rows > 2 * columns
    }
}

/// Make the tensor of an image on this thread. What `to` has of one that fails has no meaning.
pub fn make(image: &Image, plan: &Plan, recipe: &Recipe, to: &mut [u8]) -> Result<Times, Failure> {
    let mut kept = KEPT.take();
    let made = make_with(&mut kept, image, plan, recipe, to);
    for buffer in [&mut kept.lines, &mut kept.line, &mut kept.row] {
        if buffer.capacity() > KEPT_BYTES {
            *buffer = Vec::new();
        }
    }
    KEPT.set(kept);
    made
}

fn make_with(kept: &mut Kept, image: &Image, plan: &Plan, recipe: &Recipe, to: &mut [u8]) -> Result<Times, Failure> {
    let started = Instant::now();
    let mut maker = Maker::new(kept, plan, recipe, to)?;
    let planning = started.elapsed();
    let mut making = Duration::ZERO;
    let mut take = |strip: &[u8]| {
        let started = Instant::now();
        maker.take(strip);
        making += started.elapsed();
    };
    let decoding = match image.pieces[..] {
        [pixels] if plan.decoded && pixels.len() == 3 * image.pixels() => {
            take(pixels);
            Duration::ZERO
        }
        _ if plan.decoded => return Err(Failure::Foreign),
        _ => kernel::pixels(image, &mut take)?,
    };
    let is_whole = maker.made == maker.rows.len();
    let times = Times { decoding: decoding.saturating_sub(making), making: planning + making };
    if is_whole { Ok(times) } else { Err(Failure::Foreign) }
}

/// Memory that a thread uses for one image after another, and the weights of the last one, which are mostly those of the next.
#[derive(Default)]
struct Kept {
    lines: Vec<u8>,
    line: Vec<u8>,
    row: Vec<u8>,
    taps: [Option<(Axis, Taps)>; 2],
}

/// What weights depend on.
#[derive(PartialEq, Eq)]
struct Axis {
    filter: Filter,
    size: usize,
    resized: usize,
    cut: Range<usize>,
}

thread_local! {
    static KEPT: RefCell<Kept> = RefCell::default();
}

/// A tensor while the lines of its image come.
struct Maker<'a> {
    recipe: &'a Recipe,
    columns: &'a Taps,
    rows: &'a Taps,
    rows_first: bool,
    /// Lines after the first of the two passes; where that is the vertical one, as they came.
    lines: &'a mut [u8],
    stride: usize,
    /// One line as it came, or after the vertical pass where that is the first.
    line: &'a mut [u8],
    /// A line of the tensor, in bytes.
    row: &'a mut [u8],
    /// Bytes of a line that comes.
    bytes: usize,
    /// Lines that came.
    come: usize,
    /// Lines of the tensor that were made.
    made: usize,
    to: &'a mut [u8],
}

impl<'a> Maker<'a> {
    fn new(kept: &'a mut Kept, plan: &Plan, recipe: &'a Recipe, to: &'a mut [u8]) -> Result<Self, Failure> {
        let [of_columns, of_rows] = &mut kept.taps;
        let [columns, rows] = [(of_columns, 0), (of_rows, 1)].map(|(kept, axis)| {
            let (size, resized, cut) = (plan.size[axis], plan.resized[axis], plan.cut[axis].clone());
            weights(kept, Axis { filter: recipe.filter, size, resized, cut })
        });
        let bytes = 3 * plan.size[0];
        let rows_first = plan.rows_first();
        let stride = if rows_first { bytes } else { 3 * columns.len() };
        let lines = at_least(&mut kept.lines, rows.span().len() * stride + PADDING)?;
        let line = at_least(&mut kept.line, reach(columns).max(bytes + PADDING))?;
        let row = at_least(&mut kept.row, 3 * columns.len() + PADDING)?;
        Ok(Self { recipe, columns, rows, rows_first, lines, stride, line, row, bytes, come: 0, made: 0, to })
    }

    /// Take the next lines, and make of the tensor what they are enough for.
    fn take(&mut self, strip: &[u8]) {
        let needed = self.rows.span();
        for line in strip.chunks_exact(self.bytes) {
            let at = self.come;
            self.come += 1;
            if !needed.contains(&at) {
                continue;
            }
            let place = &mut self.lines[(at - needed.start) * self.stride..];
            if self.rows_first {
                place[..self.bytes].copy_from_slice(line);
            } else {
                // With room behind it, which a decoder's line may not have.
                self.line[..self.bytes].copy_from_slice(line);
                across(self.columns, self.line, place);
            }
            while self.made < self.rows.len() && self.rows.ends[self.made] <= self.come {
                self.finish(needed.start);
            }
        }
    }

    /// Make the next line of the tensor.
    fn finish(&mut self, first: usize) {
        let lines = Lines { bytes: self.lines, stride: self.stride, first };
        if self.rows_first {
            down(self.rows, self.made, &lines, self.bytes, self.line);
            across(self.columns, self.line, self.row);
        } else {
            down(self.rows, self.made, &lines, self.stride, self.row);
        }
        let (width, height) = (self.columns.len(), self.rows.len());
        let pixels = &self.row.as_chunks::<3>().0[..width];
        match (&self.recipe.floats, self.recipe.planar) {
            (Some(table), true) => {
                for (channel, values) in table.iter().enumerate() {
                    let plane = &mut self.to.as_chunks_mut::<4>().0[(channel * height + self.made) * width..][..width];
                    let numbers = pixels.iter().map(|pixel| values[usize::from(pixel[channel])].to_le_bytes());
                    plane.iter_mut().zip(numbers).for_each(|(place, number)| *place = number);
                }
            }
            (Some(table), false) => {
                let places = &mut self.to.as_chunks_mut::<4>().0[3 * self.made * width..][..3 * width];
                let numbers = pixels.iter().flat_map(|pixel| [0, 1, 2].map(|at| table[at][usize::from(pixel[at])]));
                places.iter_mut().zip(numbers).for_each(|(place, number)| *place = number.to_le_bytes());
            }
            (None, true) => {
                for channel in 0..3 {
                    let plane = &mut self.to[(channel * height + self.made) * width..][..width];
                    plane.iter_mut().zip(pixels).for_each(|(place, pixel)| *place = pixel[channel]);
                }
            }
            (None, false) => {
                self.to[3 * self.made * width..][..3 * width].copy_from_slice(pixels.as_flattened());
            }
        }
        self.made += 1;
    }
}

fn weights(kept: &mut Option<(Axis, Taps)>, axis: Axis) -> &Taps {
    if kept.as_ref().is_none_or(|(known, _)| *known != axis) {
        let taps = Taps::new(axis.filter, axis.size, axis.resized, axis.cut.clone());
        *kept = Some((axis, taps));
    }
    // It was put there if it was not.
    &kept.as_ref().expect("weights").1
}
