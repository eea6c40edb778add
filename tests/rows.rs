//! Every row of the conformance list has its test, and `docs/LTI.md` shows which.
//!
//! A test belongs to the row whose number its name begins with: `s09_…` is row S09.

use std::{
    collections::BTreeMap,
    fmt::Write,
    fs,
    path::{Path, PathBuf},
};

/// The chapters of the list: letter, number of rows, what they are about.
const CHAPTERS: [(char, usize, &str); 11] = [
    ('L', 18, "Login initiation"),
    ('S', 19, "State, nonce, replay"),
    ('J', 20, "Token header, signature, keys"),
    ('T', 9, "Times"),
    ('I', 20, "Issuer, audience, identity, deployment"),
    ('M', 21, "Message and claims"),
    ('R', 17, "Roles"),
    ('D', 15, "Deep linking"),
    ('A', 17, "Token and grades (AGS)"),
    ('N', 4, "Names and roles (NRPS)"),
    ('K', 12, "Our keys, registration, transport"),
];

const BEGIN: &str = "<!-- rows: begin -->\n";
const END: &str = "<!-- rows: end -->\n";

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// The files below a folder, in the order of their names.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut paths: Vec<_> = fs::read_dir(folder)
        .expect("a folder")
        .map(|entry| entry.expect("an entry").path())
        .collect();
    paths.sort();
    paths
        .into_iter()
        .flat_map(|path| {
            if path.is_dir() {
                files(&path)
            } else {
                vec![path]
            }
        })
        .collect()
}

/// Names of tests by row, with the file that holds them.
fn tests_by_row() -> BTreeMap<String, Vec<(String, String)>> {
    let mut found: BTreeMap<_, Vec<_>> = BTreeMap::new();
    let folder = root().join("tests/site/lti");
    for path in files(&folder) {
        let text = fs::read_to_string(&path).expect("a text");
        let file = path
            .strip_prefix(&folder)
            .expect("below")
            .display()
            .to_string();
        for line in text.lines() {
            let Some((_, rest)) = line.split_once("fn ") else {
                continue;
            };
            let name = rest.split('(').next().unwrap_or_default();
            let Some((row, sentence)) = name.split_once('_') else {
                continue;
            };
            let row = row.to_uppercase();
            if is_row(&row) {
                let sentence = sentence.replace('_', " ");
                found.entry(row).or_default().push((sentence, file.clone()));
            }
        }
    }
    found
}

fn is_row(text: &str) -> bool {
    let mut letters = text.chars();
    let letter = letters.next();
    let number = letters.as_str();
    number.len() == 2
        && CHAPTERS.iter().any(|(known, count, _)| {
            Some(*known) == letter && (1..=*count).contains(&number.parse().unwrap_or(0))
        })
}

fn rows(letter: char, count: usize) -> impl Iterator<Item = String> {
    (1..=count).map(move |number| format!("{letter}{number:02}"))
}

#[test]
fn every_row_has_a_test() {
    let tests = tests_by_row();
    let all = CHAPTERS
        .iter()
        .flat_map(|(letter, count, _)| rows(*letter, *count));
    let missing: Vec<_> = all.filter(|row| !tests.contains_key(row)).collect();
    assert!(missing.is_empty(), "rows without a test: {missing:?}");
}

#[test]
fn the_list_has_as_many_rows_as_the_guide() {
    let sum: usize = CHAPTERS.iter().map(|(_, count, _)| count).sum();
    assert_eq!(sum, 172);
}

#[test]
fn the_document_shows_the_test_of_each_row() {
    let path = root().join("docs/LTI.md");
    let text = fs::read_to_string(&path).expect("docs/LTI.md");
    let (before, rest) = text.split_once(BEGIN).expect("a place for the rows");
    let (_, after) = rest.split_once(END).expect("an end of that place");
    let fresh = format!("{before}{BEGIN}{}{END}{after}", table());
    if option_env!("UPDATE_ROWS").is_some() {
        fs::write(&path, &fresh).expect("docs/ is writable");
    }
    let shown = fs::read_to_string(&path).expect("docs/LTI.md");
    assert!(
        shown == fresh,
        "docs/LTI.md is out of date; UPDATE_ROWS=1 cargo test --test rows writes it anew"
    );
}

fn table() -> String {
    let tests = tests_by_row();
    let mut text = String::new();
    for (letter, count, title) in CHAPTERS {
        let _ = write!(
            text,
            "\n### {letter}: {title}\n\n| row | test | in |\n| --- | --- | --- |\n"
        );
        for row in rows(letter, count) {
            let cells = match tests.get(&row) {
                Some(tests) => {
                    let sentences: Vec<_> = tests
                        .iter()
                        .map(|(sentence, _)| sentence.as_str())
                        .collect();
                    let file = tests.first().map_or("", |(_, file)| file);
                    format!("{} | `{file}`", sentences.join("; "))
                }
                None => "**missing** | ".to_owned(),
            };
            let _ = writeln!(text, "| {row} | {cells} |");
        }
    }
    text.push('\n');
    text
}
