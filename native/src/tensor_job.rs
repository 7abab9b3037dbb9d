//! Makes the tensors of many images in one job.

use crate::image::Failure;
use crate::many;
use crate::pieces::Pieces;
use crate::pixels_job::zeros;
use crate::tensor::{IN, Recipe};
use napi::bindgen_prelude::{Array, AsyncTask, Buffer, Float64Array, Uint8Array, Uint32Array};
use napi::{Env, Error, Result, ScopedTask};
use napi_derive::napi;

const MADE: f64 = 0.0;
const DAMAGED: f64 = 1.0;
const FOREIGN: f64 = 2.0;

/// What is the same for all images of a job.
#[napi(object)]
pub struct TensorSettings {
    /// By its place in `TENSOR_FILTERS` of src/contract/tensor.ts.
    pub filter: u32,
    /// Whether all of a channel comes before the next one.
    pub planar: bool,
    /// Means and standard deviations of float32; without them values stay bytes.
    pub constants: Option<Vec<f64>>,
}

/// What became of the images of a job.
#[napi(object)]
pub struct MadeTensors {
    /// One tensor behind the other; of images that failed anything. Empty where they came into an array of the caller.
    pub data: Buffer,
    /// Three numbers per image: state, milliseconds of decoding, and of the rest.
    pub numbers: Float64Array,
    /// The decoder's words for each damaged image, in their order.
    pub details: Vec<String>,
}

/// Make tensors on one thread of the pool. `pieces` are as for `measure`; `images` are ten numbers for each image. They come
/// into `to`, which nobody may use until it is done, or into new memory.
#[napi(ts_return_type = "Promise<MadeTensors>")]
pub fn tensors(
    pieces: Array<'_>,
    images: Uint32Array,
    settings: TensorSettings,
    to: Option<Uint8Array>,
) -> Result<AsyncTask<TensorJob>> {
    let pieces = Pieces::hold(pieces)?;
    let images = images.to_vec();
    let counted: usize = images.chunks(IN).map(|image| *image.get(2).unwrap_or(&0) as usize).sum();
    if !images.len().is_multiple_of(IN) || counted != pieces.len() {
        return Err(Error::from_reason("Expected ten numbers per image, and as many pieces as they say."));
    }
    let constants = match settings.constants.as_deref() {
        None => None,
        Some(&[r, g, b, by_r, by_g, by_b]) => Some(([r, g, b].map(narrow), [by_r, by_g, by_b].map(narrow))),
        Some(_) => return Err(Error::from_reason("Expected three means and three standard deviations.")),
    };
    let recipe = Recipe::new(settings.filter, settings.planar, constants)
        .ok_or_else(|| Error::from_reason(format!("Expected the number of a filter but got {}.", settings.filter)))?;
    let total: u128 = images.chunks_exact(IN).map(|image| recipe.length(image)).sum();
    match &to {
        Some(to) if total > to.len() as u128 => {
            Err(Error::from_reason(format!("Expected room for tensors of {total} bytes but got {}.", to.len())))
        }
        _ => Ok(AsyncTask::new(TensorJob { pieces, images, recipe, total, to })),
    }
}

fn narrow(number: f64) -> f32 {
    number as f32
}

pub struct TensorJob {
    pieces: Pieces,
    images: Vec<u32>,
    recipe: Recipe,
    /// Bytes of all tensors.
    total: u128,
    to: Option<Uint8Array>,
}

/// `data`, `numbers` and `details`.
type Found = (Vec<u8>, Vec<f64>, Vec<String>);

impl ScopedTask<'_> for TensorJob {
    type Output = Found;
    type JsValue = MadeTensors;

    fn compute(&mut self) -> Result<Self::Output> {
        let mut numbers = Vec::with_capacity(self.images.len() / IN * 3);
        let mut details = Vec::new();
        let mut data = Vec::new();
        let place = match &mut self.to {
            // SAFETY: it is valid as long as this job has it, and nobody uses it, as the caller promises.
            Some(to) => unsafe { to.as_mut() },
            None => {
                let Some(room) = usize::try_from(self.total).ok().and_then(zeros) else {
                    numbers.extend(self.images.chunks_exact(IN).flat_map(|_| [FOREIGN, 0.0, 0.0]));
                    return Ok((data, numbers, details));
                };
                data = room;
                &mut data[..]
            }
        };
        many::tensors(&self.images, self.pieces.iter(), &self.recipe, place, |_, outcome| {
            numbers.extend(match outcome {
                Ok(times) => [MADE, times.decoding.as_secs_f64() * 1e3, times.making.as_secs_f64() * 1e3],
                Err(Failure::Damaged(detail)) => {
                    details.push(detail);
                    [DAMAGED, 0.0, 0.0]
                }
                Err(Failure::Foreign) => [FOREIGN, 0.0, 0.0],
            });
        });
        Ok((data, numbers, details))
    }

    fn resolve(&mut self, _: &Env, (data, numbers, details): Self::Output) -> Result<MadeTensors> {
        Ok(MadeTensors { data: data.into(), numbers: Float64Array::new(numbers), details })
    }

    fn finally(mut self, env: Env) -> Result<()> {
        self.pieces.release(&env)
    }
}
