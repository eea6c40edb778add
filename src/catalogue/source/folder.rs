//! The files of a course folder: which belong to it, which are left over.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use super::fault::{Faults, quoted};
use super::{CONTENTS, Course};

/// Kinds of pictures that can be served.
const PICTURES: &[&str] = &["avif", "gif", "jpeg", "jpg", "png", "svg", "webp"];

/// The pictures of the course, as grains name them: `figures/NAME.svg`.
pub(crate) fn figures(folder: &Path, faults: &mut Faults) -> BTreeSet<String> {
    let mut figures = BTreeSet::new();
    for file in files(folder, "figures") {
        if PICTURES.contains(&extension(&file)) {
            figures.insert(file);
        } else {
            faults.note(
                &file,
                1,
                "ce fichier n’est pas une image que le site peut montrer.",
                format!(
                    "Enregistrez-le dans un autre format ({}) ou retirez-le.",
                    PICTURES.join(", ")
                ),
            );
        }
    }
    figures
}

/// The file beside a grain that has its name and this extension.
pub(crate) fn companion(folder: &Path, stem: &str, extension: &str) -> Option<String> {
    let file = format!("{stem}.{extension}");
    folder.join(&file).is_file().then_some(file)
}

/// Refuses what lies in the folders of modules without belonging to the course.
pub(crate) fn refuse_strays(folder: &Path, course: &Course, faults: &mut Faults) {
    let mut known = BTreeSet::new();
    for module in &course.modules {
        for sequence in &module.sequences {
            for grain in &sequence.grains {
                known.insert(format!("{}/{}/{}.html", module.id, sequence.id, grain.id));
                known.extend(grain.style.clone());
                known.extend(grain.script.clone());
            }
        }
    }
    let strays = files(folder, "").into_iter().filter(|file| {
        matches!(extension(file), "html" | "css" | "js")
            && !file.starts_with("figures/")
            && !known.contains(file)
    });
    for file in strays {
        if extension(&file) == "html" {
            let name = Path::new(&file)
                .file_stem()
                .unwrap_or_default()
                .to_string_lossy();
            let what = format!("ce fichier n’est pas annoncé dans {CONTENTS}.");
            let mend = format!(
                "Annoncez-le sous sa séquence par [[modules.sequences.grains]] et id = \"{name}\", \
                 ou retirez le fichier."
            );
            faults.note(&file, 1, what, mend);
        } else {
            let grain = Path::new(&file).with_extension("html");
            let grain = grain.to_string_lossy().replace('\\', "/");
            let what = "ce fichier n’accompagne aucun grain.";
            let mend = format!(
                "Donnez-lui le nom d’un grain, comme {}, ou retirez-le.",
                quoted(&grain)
            );
            faults.note(&file, 1, what, mend);
        }
    }
}

/// All files under a part of the folder, hidden ones left out, with `/` between names.
fn files(folder: &Path, under: &str) -> Vec<String> {
    let mut found = Vec::new();
    let Ok(entries) = fs::read_dir(folder.join(under)) else {
        return found;
    };
    for entry in entries.flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        if name.starts_with('.') {
            continue;
        }
        let path = if under.is_empty() {
            name
        } else {
            format!("{under}/{name}")
        };
        if entry.path().is_dir() {
            found.extend(files(folder, &path));
        } else {
            found.push(path);
        }
    }
    found.sort();
    found
}

fn extension(file: &str) -> &str {
    Path::new(file)
        .extension()
        .and_then(|extension| extension.to_str())
        .unwrap_or_default()
}
