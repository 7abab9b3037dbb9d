//! Decodes images and gives their exact statistics, pixels, tensors, or normalised copies; finds the nearest of a training
//! set, or of centres.
//!
//! One file for all who call it: Node loads it as an addon, whose jobs run on libuv's thread pool (`measure_job`,
//! `normalise_job`, `pixels_job`, `tensor_job`, `nearest_job`, `centres_job`, `pieces`), and Python as a library (`c_abi`, `tensor_abi`,
//! `nearest_abi`, `centres_abi`). Nothing of Node is looked for until Node loads it.
//!
//! The format policy is not here: `src/kernel/formats` and `ec2-workers/fanfleet/formats` read the headers, and hand over
//! only what they accept.
//!
//! Modules that are public are these edges: who calls them is outside.

pub mod c_abi;
mod centres;
pub mod centres_abi;
mod centres_exact;
#[cfg(not(target_family = "wasm"))]
pub mod centres_job;
mod centres_tile;
mod clock;
#[cfg(target_family = "wasm")]
mod hand_over;
mod image;
mod jpeg;
mod jpeg_encoder;
mod kernel;
mod many;
mod markers;
#[cfg(not(target_family = "wasm"))]
pub mod measure_job;
mod nearest;
pub mod nearest_abi;
mod nearest_best;
#[cfg(not(target_family = "wasm"))]
pub mod nearest_job;
mod nearest_tile;
mod normalise;
#[cfg(not(target_family = "wasm"))]
pub mod normalise_job;
#[cfg(not(target_family = "wasm"))]
mod pieces;
#[cfg(not(target_family = "wasm"))]
pub mod pixels_job;
mod png;
mod png_counter;
#[cfg(any(target_family = "wasm", test))]
mod png_join;
mod png_layout;
#[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
mod processor;
mod resample;
mod scan;
mod scratch;
mod stretch;
mod tally;
mod taps;
mod tensor;
pub mod tensor_abi;
#[cfg(not(target_family = "wasm"))]
pub mod tensor_job;
mod unfilter;
#[cfg(target_family = "wasm")]
pub mod wasm;
