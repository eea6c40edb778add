//! The rules of the house, checked on the tree: who may use whom, and where things stand.
//!
//! Rust allows cycles inside a package; this test does not.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

/// Modules of the library; each may use those before it, never those after.
const ORDER: [&str; 19] = [
    "clock",
    "spreadsheet",
    "config",
    "sealing",
    "db",
    "read_only",
    "transfer",
    "catalogue",
    "learner",
    "outbox",
    "lti",
    "embed",
    "progress",
    "class",
    "delivery",
    "privacy",
    "merging",
    "web",
    "cli",
];

/// A source file: its path below the project and its lines.
struct Source {
    path: String,
    text: String,
}

impl Source {
    /// Lines of code with their number from 1; comments and what follows `#[cfg(test)]` left out.
    fn code(&self) -> impl Iterator<Item = (usize, &str)> {
        let body = self
            .text
            .split("\n#[cfg(test)]\n")
            .next()
            .unwrap_or_default();
        body.lines()
            .enumerate()
            .map(|(rank, line)| (rank + 1, line))
            .filter(|(_, line)| !line.trim_start().starts_with("//"))
    }

    /// The module of the library that this file belongs to.
    fn module(&self) -> &str {
        let inside = self.path.strip_prefix("src/").unwrap_or(&self.path);
        inside.split(['/', '.']).next().unwrap_or_default()
    }

    fn at(&self, line: usize, what: &str) -> String {
        format!("{}:{line}: {what}", self.path)
    }
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn sources() -> Vec<Source> {
    let mut found = Vec::new();
    collect(&root().join("src"), &mut found);
    assert!(
        found.len() > 10,
        "the sources are not where they are looked for"
    );
    found
}

fn collect(folder: &Path, found: &mut Vec<Source>) {
    for entry in fs::read_dir(folder).expect("a readable folder").flatten() {
        let path = entry.path();
        if path.is_dir() {
            collect(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = fs::read_to_string(&path).expect("a readable file");
            let path = path.strip_prefix(root()).expect("below the project");
            found.push(Source {
                path: path.to_string_lossy().replace('\\', "/"),
                text,
            });
        }
    }
}

/// Names of modules that a line of code reaches through `crate::`.
fn reached(line: &str) -> impl Iterator<Item = &str> {
    line.match_indices("crate::").map(|(start, found)| {
        let rest = &line[start + found.len()..];
        let end = rest.find(|letter: char| !letter.is_alphanumeric() && letter != '_');
        &rest[..end.unwrap_or(rest.len())]
    })
}

/// `use crate::{…}` spread over lines is read as one, so that each name is seen.
fn imports(source: &Source) -> Vec<(usize, String)> {
    let mut names = Vec::new();
    let mut depth = None;
    for (number, line) in source.code() {
        let line = match line.trim().strip_prefix("use crate::{") {
            Some(rest) => {
                depth = Some(0_i32);
                rest
            }
            None => line,
        };
        let Some(level) = depth.as_mut() else {
            continue;
        };
        let mut name = String::new();
        for letter in line.chars() {
            match letter {
                '{' => *level += 1,
                '}' => *level -= 1,
                _ => {}
            }
            if *level == 0 && (letter.is_alphanumeric() || letter == '_') {
                name.push(letter);
            } else if !name.is_empty() {
                names.push((number, std::mem::take(&mut name)));
                // What follows `::` belongs to that module.
                if letter == ':' {
                    name.push('\0');
                }
            }
        }
        if !name.is_empty() {
            names.push((number, name));
        }
        if *level < 0 {
            depth = None;
        }
    }
    names
}

/// Complains about the places named, all at once.
fn refuse(rule: &str, faults: &[String]) {
    assert!(faults.is_empty(), "{rule}\n{}", faults.join("\n"));
}

#[test]
fn modules_use_only_what_stands_before_them() {
    let rank = |name: &str| ORDER.iter().position(|known| *known == name);
    let mut faults = Vec::new();
    for source in sources() {
        let Some(own) = rank(source.module()) else {
            continue;
        };
        let direct = source.code().flat_map(|(number, line)| {
            reached(line)
                .map(|name| (number, name.to_owned()))
                .collect::<Vec<_>>()
        });
        for (number, name) in direct.chain(imports(&source)) {
            if rank(&name).is_some_and(|other| other > own) {
                faults.push(source.at(number, &format!("{} uses {name}", ORDER[own])));
            }
        }
    }
    refuse("a module uses one that stands after it", &faults);
}

#[test]
fn every_module_of_the_library_has_its_rank() {
    let library = fs::read_to_string(root().join("src/lib.rs")).expect("src/lib.rs");
    let declared: Vec<_> = library
        .lines()
        .filter_map(|line| line.strip_prefix("pub mod ")?.split(';').next())
        .collect();
    assert_eq!(
        declared, ORDER,
        "src/lib.rs lists the modules in their order, and all of them"
    );
}

#[test]
fn only_web_knows_axum_and_askama() {
    let mut faults = Vec::new();
    for source in sources() {
        let is_inside = source.path.starts_with("src/web/");
        for (number, line) in source.code() {
            let is_named = ["axum::", "askama::", "tower_http::"]
                .iter()
                .any(|name| line.contains(name));
            // The server itself is started by the command line.
            if is_named && !is_inside {
                faults.push(source.at(number, line.trim()));
            }
        }
    }
    refuse(
        "axum, askama and tower-http are named under src/web/ only",
        &faults,
    );
}

#[test]
fn queries_stand_in_stores_only() {
    let mut faults = Vec::new();
    for source in sources() {
        for (number, line) in source.code() {
            let is_query = line.contains("sqlx::query") || line.contains("QueryBuilder");
            if is_query && !source.path.ends_with("/store.rs") {
                faults.push(source.at(number, line.trim()));
            }
        }
    }
    refuse(
        "sqlx::query* is named in files called store.rs only",
        &faults,
    );
}

#[test]
fn the_example_lists_the_variables_that_are_read_and_no_other() {
    let example = fs::read_to_string(root().join(".env.example")).expect(".env.example");
    let listed: BTreeSet<_> = example
        .lines()
        .filter_map(|line| line.trim_start_matches('#').split_once('='))
        .map(|(name, _)| name)
        .filter(|name| !name.is_empty() && name.chars().all(|c| c.is_ascii_uppercase() || c == '_'))
        .collect();
    let read: BTreeSet<_> = mini_site::config::VARIABLES.into_iter().collect();
    assert_eq!(
        listed, read,
        ".env.example (left) and config::VARIABLES (right) differ"
    );
}

#[test]
fn the_environment_is_read_by_the_configuration_only() {
    let mut faults = Vec::new();
    for source in sources() {
        let is_inside = source.path.starts_with("src/config/");
        for (number, line) in source.code() {
            let is_read = line.contains("env::var") || line.contains("dotenvy::");
            if is_read && !is_inside {
                faults.push(source.at(number, line.trim()));
            }
        }
    }
    refuse("the environment is read in src/config/ only", &faults);
}

#[test]
fn every_variable_of_the_list_is_asked_for_and_every_one_asked_for_is_listed() {
    let raw = fs::read_to_string(root().join("src/config/raw.rs")).expect("src/config/raw.rs");
    let config = fs::read_to_string(root().join("src/config/mod.rs")).expect("src/config/mod.rs");
    let own = config.split("\n#[cfg(test)]\n").next().unwrap_or_default();
    let after_list = own.split_once("\n];\n").map_or("", |(_, rest)| rest);
    let asked: BTreeSet<_> = [after_list, &raw]
        .iter()
        .flat_map(|text| text.split('"').skip(1).step_by(2))
        .filter(|text| text.len() > 3 && text.chars().all(|c| c.is_ascii_uppercase() || c == '_'))
        .collect();
    let listed: BTreeSet<_> = mini_site::config::VARIABLES.into_iter().collect();
    assert_eq!(
        asked, listed,
        "names in src/config/ (left) and config::VARIABLES (right) differ"
    );
}

#[test]
fn no_address_is_typed_in_a_template() {
    let mut faults = Vec::new();
    for folder in ["layouts", "pages", "components"] {
        let Ok(entries) = fs::read_dir(root().join("templates").join(folder)) else {
            continue;
        };
        for path in entries
            .flatten()
            .map(|entry| entry.path())
            .filter(|path| path.is_file())
        {
            let text = fs::read_to_string(&path).expect("a readable template");
            for (rank, line) in text.lines().enumerate() {
                let is_typed = ["href=\"/", "action=\"/", "src=\"/"]
                    .iter()
                    .any(|start| line.contains(start));
                if is_typed {
                    faults.push(format!("{}:{}: {}", path.display(), rank + 1, line.trim()));
                }
            }
        }
    }
    refuse(
        "templates ask urls for addresses, nobody types one",
        &faults,
    );
}
