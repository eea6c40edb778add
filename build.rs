//! Compiles the course and the assets into the binary, or stops with file and line.

#[path = "build/assets.rs"]
mod assets;
#[path = "build/compression.rs"]
mod compression;
#[path = "build/course.rs"]
mod course;
#[path = "src/catalogue/source/mod.rs"]
mod source;
#[path = "build/style_sheet.rs"]
mod style_sheet;

use std::path::Path;
use std::{env, fs};

use anyhow::{Context, Result};

/// What the build reads: it runs again when one of them changes.
const READ: &[&str] = &[
    "assets",
    "build",
    "build.rs",
    "migrations",
    "src/catalogue/source",
    "templates",
];

#[expect(
    clippy::disallowed_methods,
    reason = "cargo speaks to a build script through its environment"
)]
fn main() -> Result<()> {
    for path in READ.iter().filter(|path| Path::new(path).exists()) {
        println!("cargo::rerun-if-changed={path}");
    }
    let out = env::var_os("OUT_DIR").context("cargo gives OUT_DIR to every build script")?;
    let out = Path::new(&out);
    let folder = Path::new("templates/course");
    let components = Path::new("templates/components/course.html");
    match source::read(folder, components) {
        Ok(course) => {
            let addresses = assets::write(Path::new("assets"), folder, &course, out)?;
            course::write(&course, &addresses, out)
        }
        Err(faults) => {
            for fault in faults {
                let path = format!("templates/course/{fault}").replace("course/../", "");
                println!("cargo::error={path}");
            }
            Ok(())
        }
    }
}

/// Writes a file unless it holds the same text already, so that nothing is compiled for nothing.
fn write(path: &Path, text: &str) -> Result<()> {
    if fs::read(path).is_ok_and(|old| old == text.as_bytes()) {
        return Ok(());
    }
    fs::write(path, text).with_context(|| format!("cannot write {}", path.display()))
}
