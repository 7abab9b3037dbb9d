//! The statistics of a PNG from its lines.

use crate::png_layout::Layout;
use crate::tally::Tally;

/// Takes the lines of an image and knows its statistics after the last one.
pub struct Counter {
    tally: Tally,
    /// How often each byte occurs, where a byte is a palette index or several pixels; four tables, since counting the
    /// same value twice in a row would wait for the first store.
    bytes: [[u32; 256]; 4],
    /// How often each value of a last byte occurs that has fewer pixels than the others.
    last: [u32; 256],
    opaque: Vec<u8>,
}

impl Counter {
    pub fn new(tally: Tally) -> Self {
        Self { tally, bytes: [[0; 256]; 4], last: [0; 256], opaque: Vec::new() }
    }

    pub fn add(&mut self, layout: &Layout, line: &[u8]) {
        if layout.is_indexed() {
            self.count(line, layout.width * layout.depth / 8);
        } else if layout.has_alpha() {
            self.opaque.clear();
            layout.expand(line, &mut self.opaque);
            self.tally.add(&self.opaque, layout.channels());
        } else {
            self.tally.add(line, layout.channels());
        }
    }

    /// Count the bytes of a line, the first `whole` of which have all their pixels.
    fn count(&mut self, line: &[u8], whole: usize) {
        let (full, part) = line.split_at(whole.min(line.len()));
        let mut fours = full.chunks_exact(4);
        for four in &mut fours {
            for (table, byte) in self.bytes.iter_mut().zip(four) {
                table[usize::from(*byte)] += 1;
            }
        }
        fours.remainder().iter().for_each(|byte| self.bytes[0][usize::from(*byte)] += 1);
        part.iter().for_each(|byte| self.last[usize::from(*byte)] += 1);
    }

    pub fn total(mut self, layout: &Layout) -> Tally {
        if layout.is_indexed() {
            let per_byte = 8 / layout.depth;
            for byte in 0..=u8::MAX {
                let times = self.bytes.iter().map(|table| table[usize::from(byte)]).sum::<u32>();
                let last = self.last[usize::from(byte)];
                for place in 0..per_byte {
                    let colour = layout.colour_in(byte, place);
                    let pixels = times + if place < layout.width % per_byte { last } else { 0 };
                    self.tally.add_times(&colour[..layout.channels()], pixels);
                }
            }
        }
        self.tally
    }
}
