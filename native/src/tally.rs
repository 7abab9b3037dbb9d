//! What is known of the pixels that were seen so far.

use crate::scan::{Channel, scan_grey, scan_planes, scan_rgb};

/// How often each value occurs, per channel.
pub type Histogram = [[u32; 256]; 3];

/// What is found out about the pixels of an image.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Measure {
    Statistics,
    /// How often each value occurs as well.
    Histogram,
    /// The statistics of a JPEG decoded at an eighth of its size: its means are near those of the image, the rest is
    /// not. They are exact for a PNG.
    Eighth,
}

pub enum Tally {
    Statistics([Channel; 3]),
    /// Four histograms, for every fourth pixel, since counting the same value twice in a row would wait for the first
    /// store.
    Histogram(Box<[Histogram; 4]>),
}

impl Tally {
    pub fn new(wanted: Measure) -> Self {
        match wanted {
            Measure::Statistics | Measure::Eighth => Self::Statistics([Channel::NONE; 3]),
            Measure::Histogram => Self::Histogram(Box::new([[[0; 256]; 3]; 4])),
        }
    }

    /// Add whole pixels of one or three channels; those of one image all have the same.
    pub fn add(&mut self, pixels: &[u8], channels: usize) {
        match (self, channels) {
            (Self::Statistics(total), 1) => scan_grey(pixels, &mut total[0]),
            (Self::Statistics(total), _) => scan_rgb(pixels, total),
            (Self::Histogram(counts), 1) => count::<1>(pixels, counts),
            (Self::Histogram(counts), _) => count::<3>(pixels, counts),
        }
    }

    /// Add lines of so many bytes, each of which is all its R, then all its G and B.
    pub fn add_planes(&mut self, lines: &[u8], stride: usize) {
        match self {
            Self::Statistics(total) => scan_planes(lines, stride, total),
            Self::Histogram(counts) => {
                for (at, plane) in lines.chunks_exact(stride / 3).enumerate() {
                    for (place, value) in plane.iter().enumerate() {
                        counts[place % 4][at % 3][usize::from(*value)] += 1;
                    }
                }
            }
        }
    }

    /// Add `times` pixels of one colour.
    pub fn add_times(&mut self, colour: &[u8], times: u32) {
        for (at, value) in colour.iter().enumerate() {
            match self {
                Self::Statistics(total) => total[at].add(*value, times.into()),
                Self::Histogram(counts) => counts[0][at][usize::from(*value)] += times,
            }
        }
    }

    /// The statistics of R, G and B, and the histogram if it was counted.
    pub fn total(self, channels: usize) -> ([Channel; 3], Option<Box<Histogram>>) {
        match self {
            Self::Statistics(total) if channels == 1 => ([total[0]; 3], None),
            Self::Statistics(total) => (total, None),
            Self::Histogram(counts) => {
                let channel_of = |at: usize| if channels == 1 { 0 } else { at };
                let times = |at: usize, value: usize| counts.iter().map(|part| part[channel_of(at)][value]).sum();
                let histogram: Histogram = [0, 1, 2].map(|at| std::array::from_fn(|value| times(at, value)));
                (histogram.map(|counts| statistics_of(&counts)), Some(Box::new(histogram)))
            }
        }
    }
}

fn count<const N: usize>(pixels: &[u8], counts: &mut [Histogram; 4]) {
    let (pixels, _) = pixels.as_chunks::<N>();
    let (fours, rest) = pixels.as_chunks::<4>();
    let mut add = |part: usize, pixel: &[u8; N]| {
        for (channel, value) in pixel.iter().enumerate() {
            counts[part][channel][usize::from(*value)] += 1;
        }
    };
    for four in fours {
        four.iter().enumerate().for_each(|(part, pixel)| add(part, pixel));
    }
    rest.iter().for_each(|pixel| add(0, pixel));
}

fn statistics_of(counts: &[u32; 256]) -> Channel {
    let mut channel = Channel::NONE;
    counts.iter().enumerate().for_each(|(value, times)| channel.add(value as u8, u64::from(*times)));
    channel
}
