//! The rows of grains on the pages of modules and sequences.

use super::view::View;
use crate::{catalogue::Place, web::french};

/// One grain in a list.
#[derive(Debug)]
pub(crate) struct GrainRow {
    /// Title of the grain.
    pub(crate) title: &'static str,
    /// One sentence on it.
    pub(crate) summary: &'static str,
    /// Its page.
    pub(crate) href: String,
    /// Class of the row: done, next, or none.
    pub(crate) state: &'static str,
    /// Since when it is done, or how long it takes.
    pub(crate) facts: String,
}

/// The rows of `places`, the grains of one scope; `next` is the one to go on with.
pub(crate) fn rows(view: &View<'_>, places: &[Place], next: Option<&Place>) -> Vec<GrainRow> {
    places.iter().map(|place| row(view, place, next)).collect()
}

fn row(view: &View<'_>, place: &Place, next: Option<&Place>) -> GrainRow {
    let completed_at = view
        .completions
        .and_then(|completions| completions.completed_at(place));
    let is_next = next.is_some_and(|next| next.ordinal == place.ordinal);
    let minutes = french::minutes(place.grain.minutes);
    let (state, facts) = match completed_at {
        Some(time) => ("is-done", format!("terminé le {}", french::date(time))),
        None if is_next && view.completions.is_some() => {
            ("is-next", format!("à suivre · {minutes}"))
        }
        None => ("", minutes),
    };
    GrainRow {
        title: place.grain.title,
        summary: place.grain.summary,
        href: view.urls.grain(place.grain.id),
        state,
        facts,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        catalogue::Catalogue,
        progress::Completions,
        web::{pages::view::tests::done, urls::Urls},
    };

    fn facts(completions: Option<&Completions>) -> Vec<(&'static str, String)> {
        let catalogue = Catalogue::compiled();
        let urls = Urls::default();
        let view = View {
            urls: &urls,
            catalogue: &catalogue,
            completions,
        };
        let places = view.of_sequence(&catalogue.course.modules[0].sequences[0]);
        let rows = rows(&view, places, view.next_of(places));
        rows.into_iter().map(|row| (row.state, row.facts)).collect()
    }

    #[test]
    fn a_row_says_since_when_or_how_long() {
        let completions = done(&Catalogue::compiled(), &["grain1"]);
        let expected = [
            (
                "is-done",
                "terminé le 14\u{a0}novembre\u{a0}2026".to_owned(),
            ),
            ("is-next", "à suivre · 6\u{a0}min".to_owned()),
            ("", "8\u{a0}min".to_owned()),
        ];
        assert_eq!(facts(Some(&completions)), expected);
    }

    #[test]
    fn without_a_session_no_row_is_marked() {
        assert!(facts(None).iter().all(|(state, _)| state.is_empty()));
    }
}
