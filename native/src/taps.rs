//! Which pixels of a line make each pixel of a longer or shorter one, and by which weights: as Pillow computes them, in the
//! same operations on doubles.

use std::f64::consts::PI;
use std::ops::Range;

/// Binary places of a weight. Sums of bytes by weights then fit 32 bits, and of negative weights, too.
pub const PLACES: u32 = 22;
/// The places of a weight that are in `Pair::low`: the rest of any weight is in 16 bits.
pub const LOW_PLACES: u32 = 12;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Filter {
    Nearest,
    Box,
    Bilinear,
    Bicubic,
    Lanczos,
}

impl Filter {
    /// By its place in `TENSOR_FILTERS` of src/contract/tensor.ts.
    pub fn of(number: u32) -> Option<Self> {
        [Self::Nearest, Self::Box, Self::Bilinear, Self::Bicubic, Self::Lanczos].get(number as usize).copied()
    }

    /// How far pixels count, in pixels of what is smaller.
    fn support(self) -> f64 {
        match self {
            Self::Nearest => 0.0,
            Self::Box => 0.5,
            Self::Bilinear => 1.0,
            Self::Bicubic => 2.0,
            Self::Lanczos => 3.0,
        }
    }

    fn weight(self, x: f64) -> f64 {
        match self {
            Self::Nearest => 1.0,
            Self::Box => f64::from(u8::from(x > -0.5 && x <= 0.5)),
            Self::Bilinear => (1.0 - x.abs()).max(0.0),
            Self::Bicubic => bicubic(x.abs()),
            Self::Lanczos if (-3.0..3.0).contains(&x) => sinc(x) * sinc(x / 3.0),
            Self::Lanczos => 0.0,
        }
    }
}

/// Keys' cubic convolution with a = -1/2.
fn bicubic(x: f64) -> f64 {
    const A: f64 = -0.5;
    if x < 1.0 {
        ((A + 2.0) * x - (A + 3.0)) * x * x + 1.0
    } else if x < 2.0 {
        (((x - 5.0) * x + 8.0) * x - 4.0) * A
    } else {
        0.0
    }
}

fn sinc(x: f64) -> f64 {
    if x == 0.0 { 1.0 } else { (x * PI).sin() / (x * PI) }
}

/// The weights of two pixels beside each other, each in two parts of 16 bits: `high` times 2^`LOW_PLACES` and `low`, which is
/// not negative. Processors multiply such pairs by pairs of values, and add the two.
#[derive(Clone, Copy, Debug)]
pub struct Pair {
    low: [i16; 2],
    high: [i16; 2],
}

impl Pair {
    fn new(weights: [i32; 2]) -> Self {
        Self {
            low: weights.map(|w| (w & ((1 << LOW_PLACES) - 1)) as i16),
            high: weights.map(|w| (w >> LOW_PLACES) as i16),
        }
    }

    /// Both lower parts beside each other, as vectors take them.
    pub fn low(&self) -> i32 {
        beside(self.low)
    }

    pub fn high(&self) -> i32 {
        beside(self.high)
    }

    #[cfg(any(not(target_family = "wasm"), test))]
    pub fn weights(&self) -> [i32; 2] {
        [0, 1].map(|at| (i32::from(self.high[at]) << LOW_PLACES) + i32::from(self.low[at]))
    }
}

fn beside([one, two]: [i16; 2]) -> i32 {
    i32::from(two) << 16 | i32::from(one as u16)
}

/// Those of some consecutive pixels of the line that is made.
pub struct Taps {
    /// Of each the first pixel that counts.
    pub firsts: Vec<usize>,
    /// The one behind the last.
    pub ends: Vec<usize>,
    /// Pairs of weights of each, as many as the one with most has; those behind its own are zero.
    pub pairs: usize,
    weights: Vec<Pair>,
}

impl Taps {
    /// For the pixels `range` of a line of `wanted`, made of one of `size`.
    pub fn new(filter: Filter, size: usize, wanted: usize, range: Range<usize>) -> Self {
        let single = |firsts: Vec<usize>| {
            let ends = firsts.iter().map(|first| first + 1).collect();
            let weights = vec![Pair::new([1 << PLACES, 0]); firsts.len()];
            Self { firsts, ends, pairs: 1, weights }
        };
        if size == wanted {
            single(range.collect())
        } else if filter == Filter::Nearest {
            single(nearest(size, wanted, range))
        } else {
            Self::weighted(filter, size, wanted, range)
        }
    }

    fn weighted(filter: Filter, size: usize, wanted: usize, range: Range<usize>) -> Self {
        let scale = size as f64 / wanted as f64;
        let stretch = scale.max(1.0);
        let support = filter.support() * stretch;
        let shrink = 1.0 / stretch;
        let spans: Vec<_> = range
            .map(|at| {
                let centre = (at as f64 + 0.5) * scale;
                // Conversions cut off towards zero, and at zero.
                let first = (centre - support + 0.5) as usize;
                (centre, first, ((centre + support + 0.5) as usize).min(size))
            })
            .collect();
        let pairs = spans.iter().map(|(_, first, end)| (end - first).div_ceil(2)).max().unwrap_or(0);
        let mut weights = Vec::with_capacity(pairs * spans.len());
        let mut own = Vec::new();
        for (centre, first, end) in &spans {
            own.clear();
            own.extend((*first..*end).map(|at| filter.weight((at as f64 - centre + 0.5) * shrink)));
            let mut total = 0.0;
            own.iter().for_each(|weight| total += weight);
            let fixed = own.iter().map(|weight| fixed(if total == 0.0 { *weight } else { weight / total }));
            let mut fixed = fixed.chain(std::iter::repeat(0));
            weights.extend((0..pairs).map(|_| Pair::new([fixed.next().unwrap_or(0), fixed.next().unwrap_or(0)])));
        }
        let (firsts, ends) = spans.iter().map(|(_, first, end)| (*first, *end)).unzip();
        Self { firsts, ends, pairs, weights }
    }

    pub fn len(&self) -> usize {
        self.firsts.len()
    }

    /// The pairs of weights of a pixel.
    pub fn of(&self, at: usize) -> &[Pair] {
        &self.weights[at * self.pairs..(at + 1) * self.pairs]
    }

    /// The first pixel that any of them needs, and the one behind the last.
    pub fn span(&self) -> Range<usize> {
        let first = self.firsts.iter().min().copied().unwrap_or(0);
        first..self.ends.iter().max().copied().unwrap_or(first)
    }
}

/// Where Pillow's affine transform looks: it adds up steps, with their errors.
fn nearest(size: usize, wanted: usize, range: Range<usize>) -> Vec<usize> {
    let step = size as f64 / wanted as f64;
    let places = std::iter::successors(Some(step * 0.5), |at| Some(at + step));
    places.map(|at| (at as usize).min(size - 1)).skip(range.start).take(range.len()).collect()
}

/// Rounded half away from zero.
fn fixed(weight: f64) -> i32 {
    let scaled = weight * f64::from(1 << PLACES);
    (if scaled < 0.0 { scaled - 0.5 } else { scaled + 0.5 }) as i32
}
