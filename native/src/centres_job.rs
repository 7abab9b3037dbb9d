//! Prepares centres in one job, and assigns vectors to them in others.

use crate::centres::Centres;
use crate::pieces::Pieces;
use napi::bindgen_prelude::{Array, AsyncTask, BigUint64Array, External, Float64Array, Uint32Array};
use napi::{Env, Error, Result, ScopedTask};
use napi_derive::napi;
use std::sync::Arc;

/// Centres that are freed when JavaScript has no more use for them.
#[napi(object, object_from_js = false)]
pub struct PreparedCentres {
    pub centres: External<Arc<Centres>>,
}

/// The nearest centre of each vector; and of each centre how many vectors went to it, the sum of their squares, and the
/// sums of each value.
#[napi(object, object_from_js = false)]
pub struct Assigned {
    pub labels: Uint32Array,
    pub totals: Float64Array,
}

/// Prepare centres, which are copied: of each its count, and behind it `length` sums.
#[napi(ts_return_type = "Promise<PreparedCentres>")]
pub fn prepare_centres(numbers: BigUint64Array, length: u32) -> AsyncTask<PrepareJob> {
    AsyncTask::new(PrepareJob { numbers: numbers.to_vec(), length: length as usize })
}

/// Assign vectors, all in one buffer, on one thread of the pool. It must not change until the promise settles.
#[napi(ts_return_type = "Promise<Assigned>")]
pub fn assign_to_centres(centres: &External<Arc<Centres>>, vectors: Array<'_>) -> Result<AsyncTask<AssignJob>> {
    Ok(AsyncTask::new(AssignJob { centres: Arc::clone(centres), vectors: Pieces::hold(vectors)? }))
}

pub struct PrepareJob {
    numbers: Vec<u64>,
    length: usize,
}

impl ScopedTask<'_> for PrepareJob {
    type Output = Centres;
    type JsValue = PreparedCentres;

    fn compute(&mut self) -> Result<Self::Output> {
        Centres::new(&self.numbers, self.length).map_err(|unfit| Error::from_reason(unfit.to_string()))
    }

    fn resolve(&mut self, _: &Env, centres: Self::Output) -> Result<PreparedCentres> {
        let size = centres.size();
        Ok(PreparedCentres { centres: External::new_with_size_hint(Arc::new(centres), size) })
    }
}

pub struct AssignJob {
    centres: Arc<Centres>,
    vectors: Pieces,
}

impl ScopedTask<'_> for AssignJob {
    type Output = (Vec<u32>, Vec<f64>);
    type JsValue = Assigned;

    fn compute(&mut self) -> Result<Self::Output> {
        let (count, length) = (self.centres.count(), self.centres.length());
        let vectors = self.vectors.iter().next().unwrap_or(&[]);
        if !vectors.len().is_multiple_of(length) {
            return Err(Error::from_reason("Expected whole vectors."));
        }
        let (mut labels, mut totals) = (vec![0; vectors.len() / length], vec![0; count * (length + 2)]);
        self.centres.assign(vectors, &mut labels, &mut totals);
        // They are less than 2^53.
        Ok((labels, totals.into_iter().map(|total| total as f64).collect()))
    }

    fn resolve(&mut self, _: &Env, (labels, totals): Self::Output) -> Result<Assigned> {
        Ok(Assigned { labels: Uint32Array::new(labels), totals: Float64Array::new(totals) })
    }

    fn finally(mut self, env: Env) -> Result<()> {
        self.vectors.release(&env)
    }
}
