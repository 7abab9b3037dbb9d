//! Measures many images in one job.

use crate::image::{Failure, Outcome};
use crate::many::{self, IN};
use crate::pieces::Pieces;
use crate::tally::{Histogram, Measure};
use napi::bindgen_prelude::{Array, AsyncTask, Float64Array, Uint32Array};
use napi::{Env, Error, Result, ScopedTask};
use napi_derive::napi;

/// Numbers per image that come out: state, milliseconds of decoding and scanning, and per channel sum, sum of squares,
/// minimum and maximum.
const OUT: usize = 15;
/// Behind them, if asked for, how often each value occurs, per channel.
const HISTOGRAM: usize = 3 * 256;

const MEASURED: f64 = 0.0;
const DAMAGED: f64 = 1.0;
const FOREIGN: f64 = 2.0;

/// What a job knows of its images.
#[napi(object)]
pub struct Figures {
    /// So many numbers per image, in the order of the images: 15, with a histogram each 783.
    pub numbers: Float64Array,
    /// How often each value occurs in all images that were measured, per channel; only where that was asked for.
    pub total: Option<Float64Array>,
    /// The decoder's words for each damaged image, in their order.
    pub details: Vec<String>,
}

/// Measure images on one thread of the pool.
///
/// `pieces` are the buffers of all images in order, `images` three numbers for each image. The buffers must not change
/// until the promise settles. `wanted` is `statistics`, `histogram` (of each image), `total` (one histogram of all) or
/// `eighth`.
#[napi(ts_return_type = "Promise<Figures>")]
pub fn measure(pieces: Array<'_>, images: Uint32Array, wanted: String) -> Result<AsyncTask<MeasureJob>> {
    let (wanted, histograms) = match wanted.as_str() {
        "statistics" => (Measure::Statistics, Histograms::None),
        "histogram" => (Measure::Histogram, Histograms::Each),
        "total" => (Measure::Histogram, Histograms::Total),
        "eighth" => (Measure::Eighth, Histograms::None),
        _ => return Err(Error::from_reason(format!("Expected what to measure but got {wanted}."))),
    };
    let pieces = Pieces::hold(pieces)?;
    let images = images.to_vec();
    if !many::is_whole(&images, pieces.len()) {
        return Err(Error::from_reason("Expected three numbers per image, and as many pieces as they say."));
    }
    Ok(AsyncTask::new(MeasureJob { pieces, images, wanted, histograms }))
}

/// Which histograms a job hands over.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Histograms {
    None,
    Each,
    Total,
}

pub struct MeasureJob {
    pieces: Pieces,
    images: Vec<u32>,
    wanted: Measure,
    histograms: Histograms,
}

/// What a job found: `numbers`, `total` and `details` of its figures.
type Found = (Vec<f64>, Option<Vec<f64>>, Vec<String>);

impl ScopedTask<'_> for MeasureJob {
    type Output = Found;
    type JsValue = Figures;

    fn compute(&mut self) -> Result<Self::Output> {
        let per_image = OUT + if self.histograms == Histograms::Each { HISTOGRAM } else { 0 };
        let mut total = (self.histograms == Histograms::Total).then(|| vec![0.0; HISTOGRAM]);
        let mut numbers = Vec::with_capacity(self.images.len() / IN * per_image);
        let mut details = Vec::new();
        many::measure(&self.images, self.pieces.iter(), self.wanted, |at, outcome| {
            match outcome {
                Ok(outcome) => {
                    push(&mut numbers, &outcome);
                    match (&outcome.histogram, &mut total) {
                        (Some(histogram), Some(total)) => add(total, histogram),
                        (Some(histogram), None) => numbers.extend(flat(histogram)),
                        _ => {}
                    }
                }
                Err(Failure::Damaged(detail)) => {
                    numbers.push(DAMAGED);
                    details.push(detail);
                }
                Err(Failure::Foreign) => numbers.push(FOREIGN),
            }
            numbers.resize((at + 1) * per_image, 0.0);
        });
        Ok((numbers, total, details))
    }

    fn resolve(&mut self, _: &Env, (numbers, total, details): Self::Output) -> Result<Figures> {
        Ok(Figures { numbers: Float64Array::new(numbers), total: total.map(Float64Array::new), details })
    }

    fn finally(mut self, env: Env) -> Result<()> {
        self.pieces.release(&env)
    }
}

/// All are exact: a sum of squares is less than 2^43.
fn push(numbers: &mut Vec<f64>, outcome: &Outcome) {
    let milliseconds = [outcome.decoding, outcome.scanning].map(|time| time.as_secs_f64() * 1e3);
    numbers.push(MEASURED);
    numbers.extend(milliseconds);
    for channel in &outcome.channels {
        let extremes = [channel.min, channel.max].map(f64::from);
        numbers.extend([channel.sum as f64, channel.sum_sq as f64]);
        numbers.extend(extremes);
    }
}

/// Exact in doubles: 2^53 is more than 2^25 images of the largest size.
fn add(total: &mut [f64], histogram: &Histogram) {
    total.iter_mut().zip(flat(histogram)).for_each(|(sum, count)| *sum += count);
}

fn flat(histogram: &Histogram) -> impl Iterator<Item = f64> {
    histogram.as_flattened().iter().copied().map(f64::from)
}
