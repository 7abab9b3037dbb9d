//! Compiles the C part: against the libjpeg headers that `turbojpeg-sys` has installed, or for WebAssembly together with
//! libjpeg itself, since its own build has no settings for that.

use std::env;
use std::path::Path;

const OURS: [&str; 6] = [
    "src/jpeg.c",
    "src/jpeg_codes.c",
    "src/jpeg_encoder.c",
    "src/jpeg_entropy.c",
    "src/jpeg_huffman.c",
    "src/jpeg_window.c",
];

const FOR_WASM: [&str; 5] =
    ["src/wasm/adler32.c", "src/wasm/colour.c", "src/wasm/idct.c", "src/wasm/take_over.c", "src/wasm/upsample.c"];

/// The parts of libjpeg that are compiled for samples of 8, 12 and 16 bits; for 8 and 12; and once.
const FOR_16: &str = "jcapistd jccolor jcdiffct jclossls jcmainct jcprepct jcsample jdapistd jdcolor jddiffct jdlossls \
                      jdmainct jdpostct jdsample jutils";
const FOR_12: &str = "jccoefct jcdctmgr jdcoefct jddctmgr jdmerge jfdctfst jfdctint jidctflt jidctfst jidctint jidctred \
                      jquant1 jquant2";
const ONCE: &str = "jaricom jcapimin jcarith jchuff jcicc jcinit jclhuff jcmarker jcmaster jcomapi jcparam jcphuff \
                    jctrans jdapimin jdarith jdatadst jdatasrc jdhuff jdicc jdinput jdlhuff jdmarker jdmaster jdphuff \
                    jdtrans jerror jfdctflt jmemmgr jmemnobs jpeg_nbits";

fn main() {
    println!("cargo::rerun-if-changed=src");
    let mut ours = cc::Build::new();
    ours.files(OURS).warnings(true).extra_warnings(true);
    if env::var("CARGO_CFG_TARGET_FAMILY").as_deref() == Ok("wasm") {
        let source = |name| env::var(name).expect("scripts/build-wasm.mjs tells where the sources of libraries are");
        let (libjpeg, libdeflate) = (source("FANFLEET_LIBJPEG"), source("FANFLEET_LIBDEFLATE"));
        let libjpeg = Path::new(&libjpeg);
        ours.files(FOR_WASM)
            .define("MULTIPLIER", "short")
            .include("src")
            .include("src/wasm")
            .include(libjpeg)
            .compile("fanfleet_jpeg");
        cc::Build::new().file("src/wasm/inflate.c").include(libdeflate).warnings(false).compile("fanfleet_inflate");
        compile_libjpeg(libjpeg);
    } else {
        napi_build::setup();
        let headers = env::var("DEP_TURBOJPEG_INCLUDE").expect("turbojpeg-sys tells where its headers are");
        ours.includes(headers.split(',')).compile("fanfleet_jpeg");
    }
}

fn compile_libjpeg(source: &Path) {
    for (bits, parts) in [("8", [FOR_16, FOR_12, ONCE].as_slice()), ("12", &[FOR_16, FOR_12]), ("16", &[FOR_16])] {
        cc::Build::new()
            .files(parts.iter().flat_map(|names| names.split(' ')).map(|name| source.join(name).with_extension("c")))
            .define("BITS_IN_JSAMPLE", bits)
            // Of the tables for the inverse DCT, whose SIMD has 16 bits.
            .define("MULTIPLIER", "short")
            .include("src/wasm")
            .include(source)
            .warnings(false)
            .compile(&format!("jpeg{bits}"));
    }
}
