//! Normalises one image in one job.

use crate::image::{Failure, Image};
use crate::many;
use crate::normalise::{Normalisation, Normalised, Output};
use crate::pieces::Pieces;
use crate::stretch::Range;
use napi::bindgen_prelude::{Array, AsyncTask, Buffer};
use napi::{Env, Error, Result, ScopedTask};
use napi_derive::napi;

/// The size of an image, and what it is made into.
#[napi(object)]
pub struct NormaliseSettings {
    pub width: u32,
    pub height: u32,
    /// `png`: only its lines, filtered; `jpeg`: a file; `npy`: the numbers.
    pub format: String,
    pub quality: u32,
    /// Bytes that are left free before the numbers of `npy`.
    pub header_bytes: u32,
    /// Whether each channel has its own range.
    pub each: bool,
    /// Instead of the image's own: minima of R, G, B, then maxima.
    pub range: Option<Vec<u32>>,
}

/// What became of an image.
#[napi(object)]
pub struct NormalisedImage {
    /// There is none for an image that is damaged, or left to sharp or Pillow.
    pub output: Option<Buffer>,
    /// The decoder's words about a damaged image.
    pub detail: Option<String>,
    /// The image's own minima of R, G, B, then maxima.
    pub extremes: Vec<u32>,
    /// CRC-32 of the pixels of a JPEG, before they were encoded.
    pub checksum: u32,
    pub decode_ms: f64,
    pub encode_ms: f64,
}

/// Normalise an image on one thread of the pool. Its pieces must not change until the promise settles.
#[napi(ts_return_type = "Promise<NormalisedImage>")]
pub fn normalise(pieces: Array<'_>, settings: NormaliseSettings) -> Result<AsyncTask<NormaliseJob>> {
    let normalisation = Normalisation {
        output: match settings.format.as_str() {
            "png" => Output::PngLines,
            "jpeg" => Output::Jpeg(settings.quality.clamp(1, 100) as u8),
            "npy" => Output::Floats(settings.header_bytes as usize),
            other => return Err(Error::from_reason(format!("Expected a format but got {other}."))),
        },
        each: settings.each,
        range: settings.range.as_deref().map(ranges).transpose()?,
    };
    let (width, height) = (settings.width, settings.height);
    Ok(AsyncTask::new(NormaliseJob { pieces: Pieces::hold(pieces)?, width, height, normalisation }))
}

fn ranges(numbers: &[u32]) -> Result<[Range; 3]> {
    let numbers: Vec<u8> = numbers.iter().filter_map(|number| u8::try_from(*number).ok()).collect();
    let [r, g, b, to_r, to_g, to_b] = numbers[..] else {
        return Err(Error::from_reason("Expected three minima and three maxima of 0 to 255."));
    };
    Ok([Range { min: r, max: to_r }, Range { min: g, max: to_g }, Range { min: b, max: to_b }])
}

pub struct NormaliseJob {
    pieces: Pieces,
    width: u32,
    height: u32,
    normalisation: Normalisation,
}

impl ScopedTask<'_> for NormaliseJob {
    type Output = std::result::Result<Normalised, Failure>;
    type JsValue = NormalisedImage;

    fn compute(&mut self) -> Result<Self::Output> {
        let image = Image { width: self.width, height: self.height, pieces: self.pieces.iter().collect() };
        Ok(many::normalise(&image, &self.normalisation))
    }

    fn resolve(&mut self, _: &Env, outcome: Self::Output) -> Result<NormalisedImage> {
        let (output, detail) = match outcome {
            Ok(normalised) => return Ok(normalised.into()),
            Err(Failure::Damaged(detail)) => (None, Some(detail)),
            Err(Failure::Foreign) => (None, None),
        };
        Ok(NormalisedImage { output, detail, extremes: vec![], checksum: 0, decode_ms: 0.0, encode_ms: 0.0 })
    }

    fn finally(mut self, env: Env) -> Result<()> {
        self.pieces.release(&env)
    }
}

impl From<Normalised> for NormalisedImage {
    fn from(normalised: Normalised) -> Self {
        let minima = normalised.ranges.iter().map(|range| range.min.into());
        let maxima = normalised.ranges.iter().map(|range| range.max.into());
        Self {
            extremes: minima.chain(maxima).collect(),
            output: Some(normalised.output.into()),
            detail: None,
            checksum: normalised.checksum,
            decode_ms: normalised.decoding.as_secs_f64() * 1e3,
            encode_ms: normalised.encoding.as_secs_f64() * 1e3,
        }
    }
}
