//! Reads and checks the course as its authors wrote it.
//!
//! Not part of the library: `build.rs` compiles the course with it, and `tests/course`
//! holds it against broken courses. It reads everything before it complains, so that an
//! author sees all that is to be mended at once; it never changes a file.

mod attributes;
mod components;
mod expression;
mod fault;
mod folder;
mod html;
mod links;
mod outline;
mod style;
mod template;
mod vocabulary;

use std::fs;
use std::path::Path;

pub(crate) use fault::Fault;
use fault::{Faults, Source, line_after, quoted};

/// The file that lists modules, sequences and grains in their order.
pub(crate) const CONTENTS: &str = "course.toml";

/// The name under which grains call the components: `course::tip(…)`.
pub(crate) const NAMESPACE: &str = "course";

/// The fields of `frame` that a grain may show.
pub(crate) const FRAME_FIELDS: &[&str] = &["course_title", "learner_name"];

/// A course folder, read and found whole.
#[derive(Debug)]
pub(crate) struct Course {
    pub(crate) title: String,
    pub(crate) subtitle: String,
    pub(crate) language: String,
    pub(crate) license: String,
    pub(crate) modules: Vec<Module>,
}

/// A module as listed.
#[derive(Debug)]
pub(crate) struct Module {
    pub(crate) id: String,
    pub(crate) title: String,
    pub(crate) summary: String,
    pub(crate) minutes: u16,
    pub(crate) sequences: Vec<Sequence>,
}

/// A sequence as listed.
#[derive(Debug)]
pub(crate) struct Sequence {
    pub(crate) id: String,
    pub(crate) title: String,
    pub(crate) summary: String,
    pub(crate) minutes: u16,
    pub(crate) grains: Vec<Grain>,
}

/// A grain as listed, with the text of its file.
#[derive(Debug, Default)]
pub(crate) struct Grain {
    pub(crate) id: String,
    pub(crate) title: String,
    pub(crate) summary: String,
    pub(crate) minutes: u16,
    /// What the author wrote, with `\n` as line end.
    pub(crate) text: String,
    /// The text holds askama tags, so it must be compiled and not only copied.
    pub(crate) is_template: bool,
    /// The text shows a value of `frame`.
    pub(crate) uses_frame: bool,
    /// Path of its own style-sheet from the course folder, when there is one.
    pub(crate) style: Option<String>,
    /// Path of its own script from the course folder, when there is one.
    pub(crate) script: Option<String>,
    /// Line of its id in the table of contents.
    pub(crate) line: usize,
}

/// Reads the course of `folder`, whose grains may call the components of `components`.
///
/// # Errors
/// Every fault found, sorted by file and line; a course with one fault is no course.
pub(crate) fn read(folder: &Path, components: &Path) -> Result<Course, Vec<Fault>> {
    let mut faults = Faults::default();
    let course = collect(folder, components, &mut faults);
    let faults = faults.into_sorted();
    course.filter(|_| faults.is_empty()).ok_or(faults)
}

fn collect(folder: &Path, components: &Path, faults: &mut Faults) -> Option<Course> {
    let components = components::read(components, faults);
    let contents = text_of(folder, CONTENTS, faults)?;
    let mut course = outline::read(&contents, faults)?;
    let figures = folder::figures(folder, faults);
    let mut pages = Vec::new();
    for (module, sequence, grain) in course.grains_mut() {
        let stem = format!("{module}/{sequence}/{}", grain.id);
        let file = format!("{stem}.html");
        if !folder.join(&file).is_file() {
            let what = format!("le grain {} est annoncé mais absent.", quoted(&grain.id));
            let mend = format!("Créez le fichier {file} ou retirez le grain de cette liste.");
            faults.note(CONTENTS, grain.line, what, mend);
            continue;
        }
        grain.style = folder::companion(folder, &stem, "css");
        grain.script = folder::companion(folder, &stem, "js");
        if let Some(style) = &grain.style
            && let Some(source) = text_of(folder, style, faults)
        {
            style::check(&source, &figures, faults);
        }
        let Some(source) = text_of(folder, &file, faults) else {
            continue;
        };
        let Some(template) = template::read(&source, &components, faults) else {
            continue;
        };
        grain.text.clone_from(&source.text);
        grain.is_template = template.has_tags;
        grain.uses_frame = template.uses_frame;
        let page = html::read(&source, &template, faults);
        pages.push(links::Visited {
            id: grain.id.clone(),
            source,
            page,
        });
    }
    folder::refuse_strays(folder, &course, faults);
    links::check(&course, &pages, &figures, faults);
    Some(course)
}

/// The text of a file of the folder; a file that is absent or not UTF-8 is a fault.
fn text_of(folder: &Path, file: &str, faults: &mut Faults) -> Option<Source> {
    let bytes = match fs::read(folder.join(file)) {
        Ok(bytes) => bytes,
        Err(error) => {
            let what = format!("ce fichier ne peut pas être lu ({error}).");
            faults.note(file, 1, what, "Créez-le ou rendez-le lisible.");
            return None;
        }
    };
    match String::from_utf8(bytes) {
        Ok(text) => {
            let text = text.trim_start_matches('\u{feff}').replace("\r\n", "\n");
            Some(Source {
                file: file.to_owned(),
                text,
            })
        }
        Err(error) => {
            let valid = &error.as_bytes()[..error.utf8_error().valid_up_to()];
            let line = line_after(valid);
            let what = "ce fichier n’est pas enregistré en UTF-8.";
            faults.note(file, line, what, "Enregistrez-le avec l’encodage UTF-8.");
            None
        }
    }
}

impl Course {
    /// All grains in reading order.
    pub(crate) fn grains(&self) -> impl Iterator<Item = &Grain> {
        let sequences = self.modules.iter().flat_map(|module| &module.sequences);
        sequences.flat_map(|sequence| &sequence.grains)
    }

    /// All grains in reading order, with the ids of their module and of their sequence.
    fn grains_mut(&mut self) -> impl Iterator<Item = (&str, &str, &mut Grain)> {
        self.modules.iter_mut().flat_map(
            |Module {
                 id: module,
                 sequences,
                 ..
             }| {
                sequences.iter_mut().flat_map(
                    |Sequence {
                         id: sequence,
                         grains,
                         ..
                     }| {
                        grains
                            .iter_mut()
                            .map(|grain| (module.as_str(), sequence.as_str(), grain))
                    },
                )
            },
        )
    }
}
