//! Outputs that JavaScript takes part by part, so that WebAssembly's memory, which never shrinks, does not hold them, too.

#[link(wasm_import_module = "fanfleet")]
unsafe extern "C" {
    /// Takes the next `length` bytes of an output, of `total` in all.
    fn emit(bytes: *const u8, length: usize, total: usize);
    /// Takes `length` bytes of an output that JavaScript has made, from a place in it on.
    fn put(bytes: *const u8, length: usize, at: usize);
}

/// Hand over the next part of an output of `total` bytes.
pub fn hand_over(part: &[u8], total: usize) {
    // SAFETY: so many bytes are there; they are copied before it returns.
    unsafe { emit(part.as_ptr(), part.len(), total) }
}

/// Hand over a part of an output whose size JavaScript knows.
pub fn put_at(at: usize, part: &[u8]) {
    // SAFETY: as above.
    unsafe { put(part.as_ptr(), part.len(), at) }
}
