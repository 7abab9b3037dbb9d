//! Tiles for x86-64: by AVX-512 with VNNI or AVX2.

use crate::centres_tile::Kernel;

#[path = "centres_avx2.rs"]
mod avx2;
#[path = "centres_avx512.rs"]
mod avx512;

/// All that run on this processor, the fastest first.
pub fn available() -> impl Iterator<Item = Kernel> {
    let has_avx512 = is_x86_feature_detected!("avx512bw") && is_x86_feature_detected!("avx512vnni");
    let has_avx2 = is_x86_feature_detected!("avx2");
    [has_avx512.then(avx512::kernel), has_avx2.then(avx2::kernel)].into_iter().flatten()
}
