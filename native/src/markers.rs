//! The way through the entropy-coded data of a JPEG, for readers of headers whose language is slow at it.

use std::ffi::{c_int, c_void};

unsafe extern "C" {
    /// Of the C library.
    fn memchr(within: *const c_void, byte: c_int, length: usize) -> *const c_void;
}

/// Where the next marker begins that is neither a stuffed byte nor a restart, from `from` on.
pub fn scan_end(data: &[u8], from: usize) -> Option<usize> {
    let mut at = from;
    while let Some(rest) = data.get(at..).filter(|rest| !rest.is_empty()) {
        // SAFETY: so many bytes are there.
        let found = unsafe { memchr(rest.as_ptr().cast(), 0xff, rest.len()) };
        if found.is_null() {
            return None;
        }
        at += found as usize - rest.as_ptr() as usize;
        match data.get(at + 1)? {
            0 | 0xd0..=0xd7 | 0xff => at += 1,
            _ => return Some(at),
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::scan_end;

    #[test]
    fn passes_over_stuffed_bytes_restarts_and_filling() {
        let data = [0xff, 0xda, 1, 0xff, 0, 0xff, 0xd0, 0xff, 0xd7, 0xff, 0xff, 0xd9, 0xff];
        assert_eq!(scan_end(&data, 0), Some(0));
        assert_eq!(scan_end(&data, 2), Some(10));
        assert_eq!(scan_end(&data, 11), None);
        assert_eq!(scan_end(&data, 13), None);
        assert_eq!(scan_end(&data, 99), None);
    }
}
