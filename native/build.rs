//! Compiles the C part against the libjpeg headers that `turbojpeg-sys` has installed.

fn main() {
    napi_build::setup();
    let headers = std::env::var("DEP_TURBOJPEG_INCLUDE").expect("turbojpeg-sys tells where its headers are");
    let sources = ["src/jpeg.c", "src/jpeg_encoder.c", "src/jpeg_entropy.c", "src/jpeg_huffman.c"];
    println!("cargo::rerun-if-changed=src");
    cc::Build::new()
        .files(sources)
        .includes(headers.split(','))
        .warnings(true)
        .extra_warnings(true)
        .compile("fanfleet_jpeg");
}
