//! Compares what two databases hold. Pure.

use std::collections::{BTreeMap, BTreeSet};

use super::{Inventory, LIVING};

/// What is compared.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Scope {
    /// All but the tables that live on while people read.
    Kept,
    /// All.
    All,
}

/// What came of it.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Comparison {
    /// What is the same, a line each.
    pub same: Vec<String>,
    /// What differs and may: it lives on.
    pub notes: Vec<String>,
    /// What differs.
    pub differences: Vec<String>,
}

/// Compares `to` with `from`.
pub fn compare(from: &Inventory, to: &Inventory, scope: Scope) -> Comparison {
    let mut found = Comparison::default();
    for name in names(&from.tables, &to.tables) {
        let line = match (from.tables.get(name), to.tables.get(name)) {
            (Some(a), Some(b)) if a == b => {
                found.same.push(format!("{name}: {} rows", a.rows));
                continue;
            }
            (Some(a), Some(b)) if a.rows == b.rows => {
                format!(
                    "{name}: {} rows on both sides, their content differs",
                    a.rows
                )
            }
            (Some(a), Some(b)) => format!("{name}: {} rows, {} on the other side", a.rows, b.rows),
            (a, _) => absent(name, a.is_some()),
        };
        if scope == Scope::Kept && LIVING.contains(&name) {
            found.notes.push(line);
        } else {
            found.differences.push(line);
        }
    }
    for name in names(&from.sequences, &to.sequences) {
        match (from.sequences.get(name), to.sequences.get(name)) {
            // One that is ahead gives no number twice.
            (Some(a), Some(b)) if a <= b => {}
            (Some(a), Some(b)) => found.differences.push(format!(
                "sequence {name}: at {a}, behind at {b} on the other side"
            )),
            (a, _) => found
                .differences
                .push(absent(&format!("sequence {name}"), a.is_some())),
        }
    }
    for name in names(&from.structure, &to.structure) {
        match (from.structure.get(name), to.structure.get(name)) {
            (Some(a), Some(b)) if a == b => {}
            (Some(_), Some(_)) => found
                .differences
                .push(format!("{name}: its definition differs")),
            (a, _) => found.differences.push(absent(name, a.is_some())),
        }
    }
    found
}

fn absent(name: &str, is_in_from: bool) -> String {
    let place = if is_in_from { "second" } else { "first" };
    format!("{name}: not in the {place} database")
}

fn names<'a, T>(a: &'a BTreeMap<String, T>, b: &'a BTreeMap<String, T>) -> BTreeSet<&'a str> {
    a.keys().chain(b.keys()).map(String::as_str).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::transfer::TableFacts;

    fn inventory(tables: &[(&str, i64, &str)], sequence: i64, structure: &[&str]) -> Inventory {
        let table = |&(name, rows, checksum): &(&str, i64, &str)| {
            let checksum = checksum.to_owned();
            (name.to_owned(), TableFacts { rows, checksum })
        };
        Inventory {
            tables: tables.iter().map(table).collect(),
            sequences: [("public.progress_id_seq".to_owned(), sequence)].into(),
            structure: structure
                .iter()
                .map(|name| ((*name).to_owned(), "as it is".to_owned()))
                .collect(),
        }
    }

    fn differences(from: &Inventory, to: &Inventory) -> Vec<String> {
        compare(from, to, Scope::Kept).differences
    }

    #[test]
    fn a_row_more_a_row_changed_and_a_table_less_are_told_apart() {
        let from = inventory(
            &[
                ("public.a", 2, "7"),
                ("public.b", 2, "7"),
                ("public.c", 1, "1"),
            ],
            1,
            &[],
        );
        let to = inventory(&[("public.a", 3, "9"), ("public.b", 2, "8")], 1, &[]);
        assert_eq!(
            differences(&from, &to),
            [
                "public.a: 2 rows, 3 on the other side",
                "public.b: 2 rows on both sides, their content differs",
                "public.c: not in the second database",
            ]
        );
        assert_eq!(differences(&from, &from), Vec::<String>::new());
    }

    #[test]
    fn a_sequence_may_be_ahead_but_not_behind() {
        let at = |value| inventory(&[], value, &[]);
        assert!(differences(&at(5), &at(6)).is_empty());
        let found = differences(&at(5), &at(4));
        assert_eq!(
            found,
            ["sequence public.progress_id_seq: at 5, behind at 4 on the other side"]
        );
    }

    #[test]
    fn what_is_missing_of_the_structure_is_named() {
        let full = inventory(
            &[],
            1,
            &["constraint public.users.users_pkey", "index public.i"],
        );
        let poor = inventory(&[], 1, &["index public.i"]);
        let name = "constraint public.users.users_pkey";
        assert_eq!(
            differences(&full, &poor),
            [format!("{name}: not in the second database")]
        );
        assert_eq!(
            differences(&poor, &full),
            [format!("{name}: not in the first database")]
        );
        let mut other = full.clone();
        other
            .structure
            .insert("index public.i".to_owned(), "otherwise".to_owned());
        assert_eq!(
            differences(&full, &other),
            ["index public.i: its definition differs"]
        );
    }

    #[test]
    fn sessions_may_live_on_unless_all_is_compared() {
        let (from, to) = (
            inventory(&[("internal.sessions", 2, "7")], 1, &[]),
            inventory(&[("internal.sessions", 3, "8")], 1, &[]),
        );
        let found = compare(&from, &to, Scope::Kept);
        assert_eq!((found.differences.len(), found.notes.len()), (0, 1));
        assert_eq!(compare(&from, &to, Scope::All).differences.len(), 1);
    }
}
