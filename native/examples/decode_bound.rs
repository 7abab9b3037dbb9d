//! The bound that the kernel is measured against: the same libjpeg-turbo decodes to RGB and does nothing else.
//!
//! cargo run --release --example decode_bound -- FOLDER THREADS PASSES
//!
//! Prints images per second of each pass over the JPEGs of a folder, one a line. The files are read before.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;
use turbojpeg_sys as turbo;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [folder, threads, passes] = &arguments[..] else {
        panic!("Expected FOLDER THREADS PASSES but got {arguments:?}");
    };
    let files: Vec<Vec<u8>> = std::fs::read_dir(folder)
        .expect("a folder")
        .map(|entry| std::fs::read(entry.expect("an entry").path()).expect("a file"))
        .collect();
    let threads: usize = threads.parse().expect("a count of threads");
    for _ in 0..passes.parse().expect("a count of passes") {
        let started = Instant::now();
        let next = AtomicUsize::new(0);
        std::thread::scope(|scope| {
            for _ in 0..threads {
                scope.spawn(|| decode_all(&files, &next));
            }
        });
        println!("{:.1}", files.len() as f64 / started.elapsed().as_secs_f64());
    }
}

fn decode_all(files: &[Vec<u8>], next: &AtomicUsize) {
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
