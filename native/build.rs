//! Compiles the C part against the libjpeg headers that `turbojpeg-sys` has installed.

fn main() {
    napi_build::setup();
    println!("cargo::rerun-if-changed=src/jpeg.c");
    let headers = std::env::var("DEP_TURBOJPEG_INCLUDE").expect("turbojpeg-sys tells where its headers are");
    cc::Build::new()
        .file("src/jpeg.c")
        .includes(headers.split(','))
        .warnings(true)
        .extra_warnings(true)
        .compile("fanfleet_jpeg");
}
