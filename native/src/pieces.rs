//! The bytes of images that belong to JavaScript, while a job works on them.

use napi::bindgen_prelude::{Array, BufferSlice, ObjectRef};
use napi::{Env, Error, Result};

/// Buffers that must not change until `release`.
pub struct Pieces {
    borrowed: Vec<(*const u8, usize)>,
    /// Keeps them from being collected.
    held: Option<ObjectRef>,
}

// SAFETY: the pointers stay valid until `release`, wherever they are read; the reference is only touched on the
// JavaScript thread.
unsafe impl Send for Pieces {}

impl Pieces {
    pub fn hold(buffers: Array<'_>) -> Result<Self> {
        let mut borrowed = Vec::with_capacity(buffers.len() as usize);
        for at in 0..buffers.len() {
            let buffer: BufferSlice = buffers.get(at)?.ok_or_else(|| Error::from_reason("Expected a buffer."))?;
            borrowed.push((buffer.as_ptr(), buffer.len()));
        }
        Ok(Self { borrowed, held: Some(buffers.coerce_to_object()?.create_ref()?) })
    }

    pub fn len(&self) -> usize {
        self.borrowed.len()
    }

    pub fn iter(&self) -> impl Iterator<Item = &[u8]> {
        self.borrowed.iter().map(|&(data, length)| match length {
            0 => &[][..],
            // SAFETY: valid until `release`, and not changed, as the caller promises.
            length => unsafe { std::slice::from_raw_parts(data, length) },
        })
    }

    pub fn release(&mut self, env: &Env) -> Result<()> {
        self.held.take().map_or(Ok(()), |held| held.unref(env))
    }
}
