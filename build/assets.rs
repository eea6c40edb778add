//! The assets as Rust: hashed names, compressed bodies, one sorted table.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail};

use crate::compression::{self, Stored};
use crate::source::Course;
use crate::style_sheet;

/// The public address of each asset, by its logical name.
#[derive(Debug, Default)]
pub(crate) struct Addresses(BTreeMap<String, String>);

/// Writes the table `assets.rs` and the bodies beside it.
///
/// Sources: the project's `assets` and, of the course folder, the figures and what the
/// grains bring.
pub(crate) fn write(
    assets: &Path,
    course_folder: &Path,
    course: &Course,
    out: &Path,
) -> Result<Addresses> {
    let mut bundle = Bundle {
        store: compression::Store::open(&out.join("assets"))?,
        table: BTreeMap::new(),
    };
    for folder in ["fonts", "img", "js"] {
        for file in files(&assets.join(folder))? {
            bundle.add(
                &format!("{folder}/{file}"),
                &fs::read(assets.join(folder).join(&file))?,
            )?;
        }
    }
    for file in files(&course_folder.join("figures"))? {
        bundle.add(
            &format!("figures/{file}"),
            &fs::read(course_folder.join("figures").join(&file))?,
        )?;
    }
    for (name, text) in style_sheet::bundles(&assets.join("css"))? {
        let text = style_sheet::with_addresses(&text, &name, |logical| bundle.address(logical))?;
        bundle.add(&name, style_sheet::minified(&text).as_bytes())?;
    }
    for grain in course.grains() {
        if let Some(file) = &grain.style {
            let text = fs::read_to_string(course_folder.join(file))?;
            let text = style_sheet::with_addresses(&text, file, |logical| bundle.address(logical))?;
            let name = format!("course/{}.css", grain.id);
            bundle.add(&name, style_sheet::minified(&text).as_bytes())?;
        }
        if let Some(file) = &grain.script {
            let body = fs::read(course_folder.join(file))?;
            bundle.add(&format!("course/{}.js", grain.id), &body)?;
        }
    }
    bundle.finish(out)
}

struct Bundle {
    store: compression::Store,
    table: BTreeMap<String, (Stored, &'static str)>,
}

impl Bundle {
    fn add(&mut self, logical: &str, body: &[u8]) -> Result<()> {
        let Some((content_type, is_text)) = content_type(logical) else {
            bail!(
                "assets: {logical} is of no kind that can be served; see content_type in build/assets.rs"
            );
        };
        let stored = self.store.keep(logical, body, is_text)?;
        self.table
            .insert(logical.to_owned(), (stored, content_type));
        Ok(())
    }

    fn address(&self, logical: &str) -> Option<String> {
        self.table
            .get(logical)
            .map(|(stored, _)| format!("/assets/{}", stored.name))
    }

    fn finish(self, out: &Path) -> Result<Addresses> {
        let mut text = String::from("static ASSETS: &[Asset] = &[\n");
        let mut addresses = Addresses::default();
        for (logical, (stored, content_type)) in &self.table {
            let Stored {
                name,
                has_gzip,
                has_brotli,
            } = stored;
            let included = |suffix: &str| {
                format!("include_bytes!(concat!(env!(\"OUT_DIR\"), \"/assets/{name}{suffix}\"))")
            };
            let optional = |exists: &bool, suffix| {
                if *exists {
                    format!("Some({})", included(suffix))
                } else {
                    "None".to_owned()
                }
            };
            writeln!(
                text,
                "    Asset {{ logical: {logical:?}, address: \"/assets/{name}\", \
                 content_type: {content_type:?}, identity: {}, gzip: {}, brotli: {} }},",
                included(""),
                optional(has_gzip, ".gz"),
                optional(has_brotli, ".br"),
            )?;
            addresses
                .0
                .insert(logical.clone(), format!("/assets/{name}"));
        }
        text.push_str("];\n");
        crate::write(&out.join("assets.rs"), &text)?;
        self.store.forget_the_rest()?;
        Ok(addresses)
    }
}

impl Addresses {
    /// The text of a grain with the addresses of its figures, lines unmoved.
    pub(crate) fn in_grain(&self, text: &str) -> String {
        let mut out = String::with_capacity(text.len());
        let mut rest = text;
        while let Some(at) = rest.find("figures/") {
            let (before, found) = rest.split_at(at);
            out.push_str(before);
            let is_name = |c: char| c.is_alphanumeric() || "-_./".contains(c);
            let end = found.find(|c| !is_name(c)).unwrap_or(found.len());
            let (name, after) = found.split_at(end);
            let is_value = before.ends_with(['"', '\'', '=']);
            let address = self.0.get(name).filter(|_| is_value);
            out.push_str(address.map_or(name, String::as_str));
            rest = after;
        }
        out.push_str(rest);
        out
    }
}

/// The content type by extension, and whether compression is worth trying.
fn content_type(name: &str) -> Option<(&'static str, bool)> {
    let extension = Path::new(name).extension()?.to_str()?;
    Some(match extension {
        "css" => ("text/css; charset=utf-8", true),
        "js" => ("text/javascript; charset=utf-8", true),
        "svg" => ("image/svg+xml", true),
        "txt" => ("text/plain; charset=utf-8", true),
        "ico" => ("image/x-icon", true),
        "woff2" => ("font/woff2", false),
        "png" => ("image/png", false),
        "jpg" | "jpeg" => ("image/jpeg", false),
        "gif" => ("image/gif", false),
        "webp" => ("image/webp", false),
        "avif" => ("image/avif", false),
        _ => return None,
    })
}

/// The files of a folder and of those in it, by path from it; an absent folder has none.
fn files(folder: &Path) -> Result<Vec<String>> {
    let mut found = Vec::new();
    if !folder.is_dir() {
        return Ok(found);
    }
    for entry in
        fs::read_dir(folder).with_context(|| format!("cannot list {}", folder.display()))?
    {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if name.starts_with('.') {
            continue;
        }
        if entry.path().is_dir() {
            found.extend(
                files(&entry.path())?
                    .into_iter()
                    .map(|file| format!("{name}/{file}")),
            );
        } else {
            found.push(name);
        }
    }
    found.sort();
    Ok(found)
}
