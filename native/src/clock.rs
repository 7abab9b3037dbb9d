//! The time since an instant. WASI's clock takes longer than a line of a PNG, so WebAssembly asks JavaScript.

#[cfg(not(target_family = "wasm"))]
pub use std::time::Instant;

#[cfg(target_family = "wasm")]
pub use wasm::Instant;

#[cfg(target_family = "wasm")]
mod wasm {
    use std::time::Duration;

    #[link(wasm_import_module = "fanfleet")]
    unsafe extern "C" {
        /// Milliseconds since any fixed time.
        safe fn now() -> f64;
    }

    #[derive(Clone, Copy)]
    pub struct Instant(f64);

    impl Instant {
        pub fn now() -> Self {
            Self(now())
        }

        pub fn elapsed(&self) -> Duration {
            Duration::from_secs_f64((now() - self.0).max(0.0) / 1e3)
        }
    }
}
