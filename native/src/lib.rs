//! Decodes images and gives their exact statistics, or normalised copies.
//!
//! One file for all who call it: Node loads it as an addon, whose jobs run on libuv's thread pool (`measure_job`,
//! `normalise_job`, `pieces`), and Python as a library (`c_abi`). Nothing of Node is looked for until Node loads it.
//!
//! The format policy is not here: `src/kernel/formats` and `ec2-workers/fanfleet/formats` read the headers, and hand over
//! only what they accept.

mod c_abi;
mod image;
mod jpeg;
mod jpeg_encoder;
mod many;
mod markers;
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
