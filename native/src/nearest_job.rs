//! Prepares a training set in one job, and finds the nearest of it in others.

use crate::nearest::Training;
use crate::pieces::Pieces;
use napi::bindgen_prelude::{Array, AsyncTask, External, Uint32Array};
use napi::{Env, Error, Result, ScopedTask};
use napi_derive::napi;
use std::sync::Arc;

/// A training set that is freed when JavaScript has no more use for it.
#[napi(object, object_from_js = false)]
pub struct PreparedTraining {
    pub training: External<Arc<Training>>,
}

/// The `k` nearest of each query, ordered by distance and then by index.
#[napi(object, object_from_js = false)]
pub struct Neighbours {
    pub indices: Uint32Array,
    pub distances: Uint32Array,
}

/// Prepare vectors of `length` bytes, one buffer, on one thread of the pool. It must not change until the promise settles.
#[napi(ts_return_type = "Promise<PreparedTraining>")]
pub fn prepare_nearest(vectors: Array<'_>, length: u32) -> Result<AsyncTask<PrepareJob>> {
    Ok(AsyncTask::new(PrepareJob { vectors: Pieces::hold(vectors)?, length: length as usize }))
}

/// Find the `k` nearest of each query, all in one buffer, on one thread of the pool. It must not change until the promise
/// settles.
#[napi(ts_return_type = "Promise<Neighbours>")]
pub fn find_nearest(training: &External<Arc<Training>>, queries: Array<'_>, k: u32) -> Result<AsyncTask<FindJob>> {
    Ok(AsyncTask::new(FindJob { training: Arc::clone(training), queries: Pieces::hold(queries)?, k: k as usize }))
}

pub struct PrepareJob {
    vectors: Pieces,
    length: usize,
}

impl ScopedTask<'_> for PrepareJob {
    type Output = Training;
    type JsValue = PreparedTraining;

    fn compute(&mut self) -> Result<Self::Output> {
        let vectors = self.vectors.iter().next().unwrap_or(&[]);
        Training::new(vectors, self.length).map_err(|unfit| Error::from_reason(unfit.to_string()))
    }

    fn resolve(&mut self, _: &Env, training: Self::Output) -> Result<PreparedTraining> {
        let size = training.size();
        Ok(PreparedTraining { training: External::new_with_size_hint(Arc::new(training), size) })
    }

    fn finally(mut self, env: Env) -> Result<()> {
        self.vectors.release(&env)
    }
}

pub struct FindJob {
    training: Arc<Training>,
    queries: Pieces,
    k: usize,
}

impl ScopedTask<'_> for FindJob {
    type Output = (Vec<u32>, Vec<u32>);
    type JsValue = Neighbours;

    fn compute(&mut self) -> Result<Self::Output> {
        let queries = self.queries.iter().next().unwrap_or(&[]);
        let whole = queries.len().is_multiple_of(self.training.length());
        if !whole || !(1..=self.training.count()).contains(&self.k) {
            return Err(Error::from_reason("Expected whole queries, and k of 1 to as many as there are vectors."));
        }
        let room = queries.len() / self.training.length() * self.k;
        let (mut indices, mut distances) = (vec![0; room], vec![0; room]);
        self.training.find(queries, self.k, &mut indices, &mut distances);
        Ok((indices, distances))
    }

    fn resolve(&mut self, _: &Env, (indices, distances): Self::Output) -> Result<Neighbours> {
        Ok(Neighbours { indices: Uint32Array::new(indices), distances: Uint32Array::new(distances) })
    }

    fn finally(mut self, env: Env) -> Result<()> {
        self.queries.release(&env)
    }
}
