//! Decodes images and gives their exact statistics, or normalised copies, on libuv's thread pool.
//!
//! The format policy is not here: `src/kernel/formats` reads the headers, and hands over only what it accepts.

mod image;
mod jpeg;
mod jpeg_encoder;
mod measure_job;
mod normalise;
mod normalise_job;
mod pieces;
mod png;
mod png_counter;
mod scan;
mod stretch;
mod tally;
mod unfilter;
