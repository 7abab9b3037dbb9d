//! Decodes many images in one job.

use crate::image::Failure;
use crate::many::{self, IN};
use crate::pieces::Pieces;
use napi::bindgen_prelude::{Array, AsyncTask, Buffer, Float64Array, Uint32Array};
use napi::{Env, Error, Result, ScopedTask};
use napi_derive::napi;
use std::alloc::{Layout, alloc_zeroed};

const DECODED: f64 = 0.0;
const DAMAGED: f64 = 1.0;
const FOREIGN: f64 = 2.0;

/// What became of the images of a job.
#[napi(object)]
pub struct DecodedImages {
    /// R, G and B of all pixels of all images, one image behind the other; of those that failed anything.
    pub pixels: Buffer,
    /// Two numbers per image: state, and milliseconds of decoding.
    pub numbers: Float64Array,
    /// The decoder's words for each damaged image, in their order.
    pub details: Vec<String>,
}

/// Decode images on one thread of the pool, given as for `measure`.
#[napi(ts_return_type = "Promise<DecodedImages>")]
pub fn pixels(pieces: Array<'_>, images: Uint32Array) -> Result<AsyncTask<PixelsJob>> {
    let pieces = Pieces::hold(pieces)?;
    let images = images.to_vec();
    if !many::is_whole(&images, pieces.len()) {
        return Err(Error::from_reason("Expected three numbers per image, and as many pieces as they say."));
    }
    Ok(AsyncTask::new(PixelsJob { pieces, images }))
}

pub struct PixelsJob {
    pieces: Pieces,
    images: Vec<u32>,
}

/// `pixels`, `numbers` and `details`.
type Found = (Vec<u8>, Vec<f64>, Vec<String>);

impl ScopedTask<'_> for PixelsJob {
    type Output = Found;
    type JsValue = DecodedImages;

    fn compute(&mut self) -> Result<Self::Output> {
        let total = self.images.chunks_exact(IN).map(|image| 3 * image[0] as usize * image[1] as usize).sum();
        let mut numbers = Vec::with_capacity(self.images.len() / IN * 2);
        let mut details = Vec::new();
        let Some(mut pixels) = zeros(total) else {
            numbers.extend(self.images.chunks_exact(IN).flat_map(|_| [FOREIGN, 0.0]));
            return Ok((Vec::new(), numbers, details));
        };
        let put = |at: usize, strip: &[u8]| pixels[at..at + strip.len()].copy_from_slice(strip);
        many::pixels(&self.images, self.pieces.iter(), put, |_, outcome| {
            numbers.extend(match outcome {
                Ok(decoding) => [DECODED, decoding.as_secs_f64() * 1e3],
                Err(Failure::Damaged(detail)) => {
                    details.push(detail);
                    [DAMAGED, 0.0]
                }
                Err(Failure::Foreign) => [FOREIGN, 0.0],
            });
        });
        Ok((pixels, numbers, details))
    }

    fn resolve(&mut self, _: &Env, (pixels, numbers, details): Self::Output) -> Result<DecodedImages> {
        Ok(DecodedImages { pixels: pixels.into(), numbers: Float64Array::new(numbers), details })
    }

    fn finally(mut self, env: Env) -> Result<()> {
        self.pieces.release(&env)
    }
}

/// Zeros, which take no memory before they are written over; none where there is not so much.
pub fn zeros(length: usize) -> Option<Vec<u8>> {
    let layout = Layout::array::<u8>(length).ok().filter(|layout| layout.size() > 0)?;
    // SAFETY: it is not of size zero.
    let memory = unsafe { alloc_zeroed(layout) };
    // SAFETY: so many bytes of the global allocator, all of which are set.
    (!memory.is_null()).then(|| unsafe { Vec::from_raw_parts(memory, length, length) })
}
