//! User ids that a Moodle has changed: a file says which became which.

pub mod store;

use std::collections::HashMap;

use sqlx::PgConnection;
use time::OffsetDateTime;

use super::{MergeError, Merged, learners};
use crate::{
    learner::{MoodleUserId, MoodleUserIdError},
    lti::PlatformId,
};

/// A user id that a Moodle has changed.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct RenumberedId {
    /// As it was.
    pub old: MoodleUserId,
    /// As it is.
    pub new: MoodleUserId,
}

/// Why a file of changed user ids is not taken.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// It is no table.
    #[error("the file is no table of the form old;new: {0}")]
    Table(#[from] csv::Error),
    /// A line does not hold two cells.
    #[error("line {line}: {found} cells were found, two are expected: old;new")]
    Cells {
        /// Counted from 1.
        line: u64,
        /// How many there are.
        found: usize,
    },
    /// A cell is no user id.
    #[error("line {line}: {error}")]
    Id {
        /// Counted from 1.
        line: u64,
        /// What is wrong.
        error: MoodleUserIdError,
    },
    /// An id stands twice in one column.
    #[error(
        "line {line}: “{id}” stands on line {first} already; an id becomes one other, and comes from one"
    )]
    Twice {
        /// Counted from 1.
        line: u64,
        /// Which id.
        id: String,
        /// Where it stands first.
        first: u64,
    },
    /// An id is old on one line and new on another.
    #[error(
        "line {line}: “{id}” is the new id of one person and the old id of another (line {other}); who came since under “{id}” cannot be told. Use two files, through ids that nobody has"
    )]
    Chain {
        /// Where it is new.
        line: u64,
        /// Which id.
        id: String,
        /// Where it is old.
        other: u64,
    },
}

/// Reads lines of the form `old;new`; a first line that says just that is a heading.
///
/// # Errors
/// [`FileError`], the first that is found.
pub fn read_renumbering(text: &str) -> Result<Vec<RenumberedId>, FileError> {
    let text = text.trim_start_matches('\u{feff}');
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(b';')
        .has_headers(false)
        .flexible(true)
        .trim(csv::Trim::All)
        .from_reader(text.as_bytes());
    let (mut olds, mut news) = (HashMap::new(), HashMap::new());
    let mut ids = Vec::new();
    for record in reader.records() {
        let record = record?;
        let line = record.position().map_or(0, csv::Position::line);
        let (Some(old), Some(new), 2) = (record.get(0), record.get(1), record.len()) else {
            let found = record.len();
            return Err(FileError::Cells { line, found });
        };
        if ids.is_empty() && (old, new) == ("old", "new") {
            continue;
        }
        note(&mut olds, old, line)?;
        note(&mut news, new, line)?;
        let id = |text| MoodleUserId::try_from(text).map_err(|error| FileError::Id { line, error });
        ids.push(RenumberedId {
            old: id(old)?,
            new: id(new)?,
        });
    }
    refuse_chains(&olds, &news)?;
    Ok(ids)
}

fn note(seen: &mut HashMap<String, u64>, id: &str, line: u64) -> Result<(), FileError> {
    match seen.insert(id.to_owned(), line) {
        None => Ok(()),
        Some(first) => Err(FileError::Twice {
            line,
            id: id.to_owned(),
            first,
        }),
    }
}

fn refuse_chains(
    olds: &HashMap<String, u64>,
    news: &HashMap<String, u64>,
) -> Result<(), FileError> {
    let chained = news
        .iter()
        .filter_map(|(id, line)| Some((line, id, olds.get(id)?)));
    match chained.min() {
        None => Ok(()),
        Some((line, id, other)) => Err(FileError::Chain {
            line: *line,
            id: id.clone(),
            other: *other,
        }),
    }
}

/// Gives learners of a platform the user ids that they have there now.
///
/// Whoever came under the new id meanwhile is the same person: the two are merged. Ids that nobody
/// has are passed over.
///
/// # Errors
/// [`MergeError`].
pub async fn renumber(
    conn: &mut PgConnection,
    platform: PlatformId,
    ids: &[RenumberedId],
    now: OffsetDateTime,
) -> Result<Merged, MergeError> {
    let pairs = store::list_known_twice(conn, platform, ids).await?;
    let mut merged = learners::merge(conn, &pairs, now).await?;
    let renumbered = store::renumber_learners(conn, platform, ids).await?;
    store::forget_sent(conn, &renumbered).await?;
    merged.grades += learners::tell_again(conn, &renumbered, now).await?;
    merged.renumbered = u64::try_from(renumbered.len()).unwrap_or(u64::MAX);
    Ok(merged)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Vec<(String, String)>, String> {
        let ids = read_renumbering(text).map_err(|error| error.to_string())?;
        let text = |id: &MoodleUserId| id.as_str().to_owned();
        Ok(ids
            .iter()
            .map(|id| (text(&id.old), text(&id.new)))
            .collect())
    }

    #[test]
    fn lines_are_pairs_with_or_without_a_heading() {
        let expected =
            [("4", "104"), ("5", "105")].map(|(old, new)| (old.to_owned(), new.to_owned()));
        for text in [
            "4;104\n5;105\n",
            "\u{feff}old;new\r\n4;104\r\n\r\n 5 ; 105 ",
        ] {
            assert_eq!(read(text), Ok(expected.to_vec()));
        }
        assert_eq!(read(""), Ok(Vec::new()));
    }

    #[test]
    fn whatever_is_not_clear_is_refused_with_its_line() {
        for (text, said) in [
            ("4;104\n5", "line 2: 1 cells were found"),
            ("4,104", "line 1: 1 cells"),
            ("4;104;1", "line 1: 3 cells"),
            ("4;", "line 1: the identifier is empty"),
            ("4;104\n4;105", "line 2: “4” stands on line 1 already"),
            ("4;104\n5;104", "line 2: “104” stands on line 1 already"),
            (
                "4;5\n5;6",
                "line 1: “5” is the new id of one person and the old id of another (line 2)",
            ),
            ("4;4", "line 1: “4” is the new id"),
        ] {
            let told = read(text).expect_err(text);
            assert!(told.starts_with(said), "{told}");
        }
    }
}
