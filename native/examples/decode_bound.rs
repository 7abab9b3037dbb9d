//! The bound that the kernel is measured against: the same libjpeg-turbo decodes to RGB and does nothing else.
//!
//! cargo run --release --example decode_bound -- FOLDER THREADS
//!
//! Reads the JPEGs of a folder and says `{"ready":true}`. Then it decodes all of them N times for every line `run N`
//! that it reads, and answers `{"images":…,"seconds":…}`: a contender of `npm run bench`.

use std::io::{BufRead, Write};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use turbojpeg_sys as turbo;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [folder, threads] = &arguments[..] else {
        panic!("Expected FOLDER THREADS but got {arguments:?}");
    };
    let threads: usize = threads.parse().expect("a count of threads");
    let files: Vec<Vec<u8>> = std::fs::read_dir(folder)
        .expect("a folder")
        .map(|entry| std::fs::read(entry.expect("an entry").path()).expect("a file"))
        .collect();
    answer("{\"ready\":true}");
    for line in std::io::stdin().lock().lines() {
        let line = line.expect("a line");
        let passes = line.strip_prefix("run ").and_then(|count| count.parse().ok());
        let passes: usize = passes.unwrap_or_else(|| panic!("Expected `run N` but got `{line}`"));
        let seconds: Duration = (0..passes).map(|_| decode_all(&files, threads)).sum();
        let images = files.len() * passes;
        answer(&format!("{{\"images\":{images},\"seconds\":{}}}", seconds.as_secs_f64()));
    }
}

/// Standard output keeps what it gets until it is full, or told to write.
fn answer(line: &str) {
    println!("{line}");
    std::io::stdout().flush().expect("a reader");
}

fn decode_all(files: &[Vec<u8>], threads: usize) -> Duration {
    let started = Instant::now();
    let next = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| decode_some(files, &next));
        }
    });
    started.elapsed()
}

fn decode_some(files: &[Vec<u8>], next: &AtomicUsize) {
    let mut pixels = Vec::new();
    // SAFETY: the buffer is as large as the header says, and the handle is this thread's own.
    unsafe {
        let handle = turbo::tj3Init(turbo::TJINIT_TJINIT_DECOMPRESS as i32);
        while let Some(file) = files.get(next.fetch_add(1, Ordering::Relaxed)) {
            assert_eq!(turbo::tj3DecompressHeader(handle, file.as_ptr(), file.len() as _), 0, "a JPEG");
            let width = turbo::tj3Get(handle, turbo::TJPARAM_TJPARAM_JPEGWIDTH as i32) as usize;
            let height = turbo::tj3Get(handle, turbo::TJPARAM_TJPARAM_JPEGHEIGHT as i32) as usize;
            if pixels.len() < 3 * width * height {
                pixels.resize(3 * width * height, 0);
            }
            let format = turbo::TJPF_TJPF_RGB;
            let decoded = turbo::tj3Decompress8(handle, file.as_ptr(), file.len() as _, pixels.as_mut_ptr(), 0, format);
            assert_eq!(decoded, 0, "a whole JPEG");
        }
        turbo::tj3Destroy(handle);
    }
}
