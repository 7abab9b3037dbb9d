//! Which vectors this processor has: asked when the library runs, so that one file is for all processors of a kind.

/// Vectors of which there is an implementation of something.
#[derive(Clone, Copy)]
pub enum Vectors {
    /// AVX-512 with bytes, and dot products of them (VNNI).
    #[cfg(target_arch = "x86_64")]
    Avx512Vnni,
    /// AVX-512 with bytes, and tables of them (VBMI).
    #[cfg(target_arch = "x86_64")]
    Avx512Vbmi,
    #[cfg(target_arch = "x86_64")]
    Avx2,
    /// NEON with dot products of bytes (Graviton2, Apple M1 and later).
    #[cfg(target_arch = "aarch64")]
    NeonDot,
    /// Every arm64 processor has it.
    #[cfg(target_arch = "aarch64")]
    Neon,
}

impl Vectors {
    /// Whether this processor has them.
    #[cfg(target_arch = "x86_64")]
    pub fn are_here(self) -> bool {
        match self {
            Self::Avx512Vnni => is_x86_feature_detected!("avx512bw") && is_x86_feature_detected!("avx512vnni"),
            Self::Avx512Vbmi => is_x86_feature_detected!("avx512bw") && is_x86_feature_detected!("avx512vbmi"),
            Self::Avx2 => is_x86_feature_detected!("avx2"),
        }
    }

    /// Whether this processor has them.
    #[cfg(target_arch = "aarch64")]
    pub fn are_here(self) -> bool {
        match self {
            Self::NeonDot => std::arch::is_aarch64_feature_detected!("dotprod"),
            Self::Neon => true,
        }
    }
}

/// Of implementations, each by its vectors, those that run on this processor, in their order.
pub fn that_run<T>(all: impl IntoIterator<Item = (Vectors, T)>) -> impl Iterator<Item = T> {
    all.into_iter().filter(|(vectors, _)| vectors.are_here()).map(|(_, one)| one)
}
