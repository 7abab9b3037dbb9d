//! Decodes images and gives their exact statistics, many in one job of libuv's thread pool.
//!
//! The format policy is not here: `src/kernel/formats` reads the headers, and hands over only what it accepts.

mod image;
mod jpeg;
mod png;
mod scan;
mod unfilter;

use image::{Failure, Image, Outcome};
use napi::bindgen_prelude::{Array, AsyncTask, BufferSlice, Float64Array, ObjectRef, Uint32Array};
use napi::{Env, Error, Result, ScopedTask};
use napi_derive::napi;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Numbers per image that go in: width, height, count of pieces.
const IN: usize = 3;
/// Numbers per image that come out: state, milliseconds of decoding and scanning, and per channel sum, sum of squares,
/// minimum and maximum.
const OUT: usize = 15;

const MEASURED: f64 = 0.0;
const DAMAGED: f64 = 1.0;
const FOREIGN: f64 = 2.0;

/// What a job knows of its images.
#[napi(object)]
pub struct Figures {
    /// Fifteen numbers per image, in the order of the images.
    pub numbers: Float64Array,
    /// The decoder's words for each damaged image, in their order.
    pub details: Vec<String>,
}

/// Measure images on one thread of the pool.
///
/// `pieces` are the buffers of all images in order, `images` three numbers for each image. The buffers must not change
/// until the promise settles.
#[napi(ts_return_type = "Promise<Figures>")]
pub fn measure(pieces: Array<'_>, images: Uint32Array) -> Result<AsyncTask<Job>> {
    let mut borrowed = Vec::with_capacity(pieces.len() as usize);
    for at in 0..pieces.len() {
        let piece: BufferSlice = pieces.get(at)?.ok_or_else(|| Error::from_reason("Expected a buffer."))?;
        borrowed.push(Borrowed { data: piece.as_ptr(), length: piece.len() });
    }
    let images = images.to_vec();
    let counted: usize = images.chunks(IN).map(|image| *image.last().unwrap_or(&0) as usize).sum();
    if !images.len().is_multiple_of(IN) || counted != borrowed.len() {
        return Err(Error::from_reason("Expected three numbers per image, and as many pieces as they say."));
    }
    Ok(AsyncTask::new(Job { pieces: borrowed, images, held: Some(pieces.coerce_to_object()?.create_ref()?) }))
}

/// Bytes of a JavaScript buffer, which `Job::held` keeps from being collected.
struct Borrowed {
    data: *const u8,
    length: usize,
}

pub struct Job {
    pieces: Vec<Borrowed>,
    images: Vec<u32>,
    held: Option<ObjectRef>,
}

// SAFETY: the pointers stay valid until `finally`, wherever they are read; the reference is only touched on the
// JavaScript thread.
unsafe impl Send for Job {}

impl ScopedTask<'_> for Job {
    type Output = (Vec<f64>, Vec<String>);
    type JsValue = Figures;

    fn compute(&mut self) -> Result<Self::Output> {
        let mut numbers = Vec::with_capacity(self.images.len() / IN * OUT);
        let mut details = Vec::new();
        let mut pieces = self.pieces.iter().map(|piece| match piece.length {
            0 => &[][..],
            // SAFETY: valid until `finally`, and not changed, as the caller promises.
            length => unsafe { std::slice::from_raw_parts(piece.data, length) },
        });
        for numbers_in in self.images.chunks_exact(IN) {
            let own = pieces.by_ref().take(numbers_in[2] as usize).collect();
            let image = Image { width: numbers_in[0], height: numbers_in[1], pieces: own };
            // A panic would end the process; it is one image that could not be measured here.
            match catch_unwind(AssertUnwindSafe(|| image::measure(&image))) {
                Ok(Ok(outcome)) => push(&mut numbers, &outcome),
                Ok(Err(Failure::Damaged(detail))) => {
                    push_state(&mut numbers, DAMAGED);
                    details.push(detail);
                }
                Ok(Err(Failure::Foreign)) | Err(_) => push_state(&mut numbers, FOREIGN),
            }
        }
        Ok((numbers, details))
    }

    fn resolve(&mut self, _: &Env, (numbers, details): Self::Output) -> Result<Figures> {
        Ok(Figures { numbers: Float64Array::new(numbers), details })
    }

    fn finally(mut self, env: Env) -> Result<()> {
        self.held.take().map_or(Ok(()), |held| held.unref(&env))
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

fn push_state(numbers: &mut Vec<f64>, state: f64) {
    numbers.push(state);
    numbers.extend([0.0; OUT - 1]);
}
