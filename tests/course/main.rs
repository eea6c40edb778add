//! The course folder: what is refused, in which words, and what is let through.
//!
//! Each folder beside this file is a tiny course; `expected.txt` holds what its author is
//! told, word for word.

#[path = "../../src/catalogue/source/mod.rs"]
mod source;
#[path = "../../build/style_sheet.rs"]
mod style_sheet;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use askama::Template;
use source::{Course, Fault};

fn project() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn read(folder: &Path) -> Result<Course, Vec<Fault>> {
    source::read(folder, &project().join("templates/components/course.html"))
}

fn fixture(name: &str) -> PathBuf {
    project().join("tests/course").join(name)
}

/// What the author reads: one fault a line.
fn told(faults: &[Fault]) -> String {
    let lines: Vec<String> = faults.iter().map(ToString::to_string).collect();
    lines.join("\n") + "\n"
}

/// Holds what the author of a broken course is told against `expected.txt`.
fn assert_told(name: &str) {
    let folder = fixture(name);
    let faults = read(&folder).expect_err("this course is broken");
    let told = told(&faults);
    let expected = fs::read_to_string(folder.join("expected.txt")).unwrap_or_default();
    assert!(
        told == expected,
        "tests/course/{name}/expected.txt differs; told:\n{told}"
    );
}

macro_rules! broken_courses {
    ($($sentence:ident: $folder:literal,)*) => {
        const BROKEN: &[&str] = &[$($folder),*];
        $(
            #[test]
            fn $sentence() {
                assert_told($folder);
            }
        )*
    };
}

broken_courses! {
    a_grain_listed_but_absent_is_refused: "listed-but-absent",
    a_file_present_but_unlisted_is_refused: "present-but-unlisted",
    a_doubled_id_is_refused: "doubled-id",
    a_syntax_fault_is_refused: "syntax-fault",
    an_unknown_variable_is_refused: "unknown-variable",
    an_unknown_component_is_refused: "unknown-component",
    wrong_arguments_of_a_component_are_refused: "wrong-arguments",
    a_skipped_heading_level_is_refused: "skipped-heading",
    a_missing_image_is_refused: "missing-image",
    a_missing_alt_is_refused: "missing-alt",
    a_dead_internal_link_is_refused: "dead-link",
    ill_formed_html_is_refused: "ill-formed-html",
    an_empty_title_is_refused: "empty-title",
    contents_that_do_not_parse_are_refused: "toml-does-not-parse",
    contents_with_wrong_values_are_refused: "wrong-contents",
    what_the_policy_of_the_site_blocks_is_refused: "blocked-by-policy",
    a_doubled_element_id_is_refused: "doubled-element-id",
    a_companion_without_its_grain_is_refused: "companion-without-grain",
    a_text_that_is_not_utf_8_is_refused: "not-utf-8",
    several_faults_are_told_at_once: "several-faults",
}

#[test]
fn no_broken_course_is_forgotten() {
    let folders = fs::read_dir(fixture("")).expect("the fixtures are beside this file");
    let folders = folders
        .flatten()
        .filter(|entry| entry.path().join("expected.txt").exists());
    let found: BTreeSet<_> = folders
        .map(|entry| entry.file_name().into_string())
        .collect();
    let listed: BTreeSet<_> = BROKEN.iter().map(|&name| Ok(name.to_owned())).collect();
    assert_eq!(found, listed);
}

#[test]
fn the_real_course_reads_without_fault() {
    let course = read(&project().join("templates/course"))
        .unwrap_or_else(|faults| panic!("the course has faults:\n{}", told(&faults)));
    assert_eq!(course.language, "fr");
    assert_eq!(course.license, "CC-BY-SA-4.0");
    assert!(!course.title.is_empty() && !course.subtitle.is_empty());
    for module in &course.modules {
        assert!(!module.id.is_empty() && !module.title.is_empty() && !module.summary.is_empty());
        let minutes: u16 = module
            .sequences
            .iter()
            .map(|sequence| sequence.minutes)
            .sum();
        assert_eq!(module.minutes, minutes, "{}", module.id);
        for sequence in &module.sequences {
            assert!(!sequence.title.is_empty() && !sequence.summary.is_empty());
            let minutes: u16 = sequence.grains.iter().map(|grain| grain.minutes).sum();
            assert_eq!(sequence.minutes, minutes, "{}", sequence.id);
        }
    }
    for grain in course.grains() {
        assert!(
            !grain.title.is_empty() && !grain.summary.is_empty(),
            "{}",
            grain.id
        );
        assert!(grain.text.contains("</section>"), "{}", grain.id);
    }
}

/// What a grain sees of the page around it.
struct Frame {
    course_title: &'static str,
    learner_name: &'static str,
}

/// The grain with every component, as the build compiles it.
#[derive(Template)]
#[template(
    source = "{% import \"components/course.html\" as course %}{% include \"../tests/course/with-components/module1/sequence1/grain1.html\" %}",
    ext = "html"
)]
struct WithComponents<'a> {
    frame: &'a Frame,
}

#[test]
fn a_grain_made_of_components_is_read_and_rendered() {
    let folder = fixture("with-components");
    let course = read(&folder).expect("this course is whole");
    let namespace = source::NAMESPACE;
    let grains: Vec<_> = course.grains().collect();
    assert!(grains[0].is_template && grains[0].uses_frame);
    assert!(
        grains[0]
            .text
            .contains(&format!("{{% call {namespace}::objectives"))
    );
    assert_eq!(
        grains[0].style.as_deref(),
        Some("module1/sequence1/grain1.css")
    );
    assert_eq!(
        grains[0].script.as_deref(),
        Some("module1/sequence1/grain1.js")
    );
    assert!(!grains[1].is_template && !grains[1].uses_frame);
    assert_eq!(
        grains[1].text, "<h2>Un titre</h2>\n<p>Un texte.</p>\n",
        "as Windows saved it"
    );

    let frame = Frame {
        course_title: "Cours d’essai",
        learner_name: "Zoé <3",
    };
    let rendered = WithComponents { frame: &frame }
        .render()
        .expect("writing to memory works");
    let expected = fs::read_to_string(folder.join("rendered.txt")).unwrap_or_default();
    assert!(
        format!("{rendered}\n") == expected,
        "rendered.txt differs; rendered:\n{rendered}"
    );
}
