//! Bodies of assets on disk, each with its compressed forms, kept from one build to the next.

use std::collections::BTreeSet;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

/// An asset as it lies in the store.
#[derive(Debug)]
pub(crate) struct Stored {
    /// Its name with the hash of its content: `css/site-1a2b3c4d5e.css`.
    pub(crate) name: String,
    pub(crate) has_gzip: bool,
    pub(crate) has_brotli: bool,
}

/// A folder of bodies. A name carries the hash, so what is there needs no work.
#[derive(Debug)]
pub(crate) struct Store {
    folder: PathBuf,
    kept: BTreeSet<PathBuf>,
}

impl Store {
    /// Opens the store of an earlier build, or an empty one.
    pub(crate) fn open(folder: &Path) -> Result<Self> {
        fs::create_dir_all(folder)?;
        Ok(Self {
            folder: folder.to_owned(),
            kept: BTreeSet::new(),
        })
    }

    /// Stores a body, compressed too when that is asked for and makes it smaller.
    pub(crate) fn keep(&mut self, logical: &str, body: &[u8], compress: bool) -> Result<Stored> {
        let (stem, extension) = logical
            .rsplit_once('.')
            .context("an asset has an extension")?;
        let name = format!("{stem}-{}.{extension}", hash(body));
        let path = self.folder.join(&name);
        let gzip = self.folder.join(format!("{name}.gz"));
        let brotli = self.folder.join(format!("{name}.br"));
        if !path.exists() {
            fs::create_dir_all(path.parent().context("an asset has a folder")?)?;
            if compress {
                write_if_smaller(&gzip, &gzipped(body)?, body)?;
                write_if_smaller(&brotli, &brotlied(body)?, body)?;
            }
            // Last, so that an interrupted build leaves no body without its forms.
            fs::write(&path, body)?;
        }
        let stored = Stored {
            name,
            has_gzip: gzip.exists(),
            has_brotli: brotli.exists(),
        };
        self.kept.extend([path, gzip, brotli]);
        Ok(stored)
    }

    /// Removes what this build did not keep.
    pub(crate) fn forget_the_rest(&self) -> Result<()> {
        self.forget_in(&self.folder)
    }

    fn forget_in(&self, folder: &Path) -> Result<()> {
        for entry in fs::read_dir(folder)? {
            let path = entry?.path();
            if path.is_dir() {
                self.forget_in(&path)?;
            } else if !self.kept.contains(&path) {
                fs::remove_file(path)?;
            }
        }
        Ok(())
    }
}

fn write_if_smaller(path: &Path, compressed: &[u8], body: &[u8]) -> Result<()> {
    if compressed.len() < body.len() {
        fs::write(path, compressed)?;
    }
    Ok(())
}

fn gzipped(body: &[u8]) -> Result<Vec<u8>> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(body)?;
    Ok(encoder.finish()?)
}

fn brotlied(body: &[u8]) -> Result<Vec<u8>> {
    let parameters = brotli::enc::BrotliEncoderParams {
        quality: 11,
        size_hint: body.len(),
        ..Default::default()
    };
    let mut compressed = Vec::new();
    brotli::BrotliCompress(&mut &*body, &mut compressed, &parameters)?;
    Ok(compressed)
}

/// Ten hexadecimal digits of FNV-1a: names versions of one file, guards nothing.
fn hash(body: &[u8]) -> String {
    let hash = body.iter().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    });
    format!("{:010x}", hash >> 24)
}
