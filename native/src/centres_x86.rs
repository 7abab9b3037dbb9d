//! Tiles for x86-64: by AVX-512 with VNNI or AVX2.

use crate::centres_tile::Kernel;
use crate::processor::{Vectors, that_run};

#[path = "centres_avx2.rs"]
mod avx2;
#[path = "centres_avx512.rs"]
mod avx512;

/// All that run on this processor, the fastest first.
pub fn available() -> impl Iterator<Item = Kernel> {
    that_run([(Vectors::Avx512Vnni, avx512::kernel()), (Vectors::Avx2, avx2::kernel())])
}
