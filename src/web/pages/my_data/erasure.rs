//! The end: a word to type, then a page that says what was erased. The session has gone by then.

use askama::Template;
use axum::{
    body::Bytes,
    extract::State,
    http::{HeaderMap, StatusCode},
    response::{Html, IntoResponse, Response},
};

use super::page;
use crate::{
    privacy::{self, Erased},
    web::{
        error::PageError, forms, frame::Frame, french, session::Visitor, state::AppState,
        urls::Urls,
    },
};

/// What confirms, whatever its case and the blanks around it.
const WORD: &str = "EFFACER";

/// Name of the field that takes it.
const FIELD: &str = "confirmation";

/// How much of another word is shown again.
const SHOWN: usize = 40;

#[derive(Template)]
#[template(path = "pages/erased.html")]
struct ErasedPage {
    frame: Frame,
    /// « 12 grains terminés », a line each.
    erased: Vec<String>,
    /// Whether the platform holds grades.
    has_sent: bool,
    way_back: Option<String>,
}

/// `POST /my-data/erasure`
pub(crate) async fn erase(
    State(state): State<AppState>,
    visitor: Visitor,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, PageError> {
    let over = || PageError::NoSession { unsaved: None };
    let learner = visitor.standing.as_ref().ok_or_else(over)?.learner.id;
    let pairs = forms::body_pairs(&headers, &body)?;
    let typed = forms::single(&pairs, FIELD).unwrap_or_default();
    if !is_confirmed(typed) {
        let shown = typed.trim().chars().take(SHOWN).collect();
        let page = page(&state, &visitor, Some(shown)).await?;
        return Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response());
    }
    let erased = privacy::erase(&state.db, learner).await?.ok_or_else(over)?;
    // All that is left of them; after a restore of an older backup they can be erased again by it.
    tracing::info!(learner.id = %learner.0, "a learner erased their data");
    state.sessions.forget_learner(learner);
    let launch = visitor.launch();
    let page = ErasedPage {
        frame: Frame::bare(&state, Urls::default()),
        erased: lines(&erased),
        has_sent: erased.grades_sent > 0,
        way_back: launch.and_then(|launch| launch.return_url.clone()),
    };
    Ok(Html(page.render()?).into_response())
}

fn is_confirmed(typed: &str) -> bool {
    typed.trim().to_uppercase() == WORD
}

fn lines(erased: &Erased) -> Vec<String> {
    let counts = [
        (erased.completions, "grain terminé", "grains terminés"),
        (
            erased.courses,
            "inscription à un cours Moodle",
            "inscriptions à des cours Moodle",
        ),
        (erased.grades, "suivi de note", "suivis de note"),
        (
            erased.queued,
            "envoi de note qui attendait",
            "envois de note qui attendaient",
        ),
        (erased.sessions, "session", "sessions"),
    ];
    let profile = "votre profil\u{a0}: identifiant, nom, adresse électronique".to_owned();
    let rows = counts.into_iter().filter(|(count, ..)| *count > 0);
    let rows = rows.map(|(count, one, many)| {
        french::several(usize::try_from(count).unwrap_or(usize::MAX), one, many)
    });
    std::iter::once(profile).chain(rows).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_word_confirms_in_any_case_and_nothing_else_does() {
        for typed in ["EFFACER", " effacer ", "Effacer\u{a0}"] {
            assert!(is_confirmed(typed), "{typed}");
        }
        for typed in ["", "oui", "EFFACE", "EFFACER TOUT", "E F F A C E R"] {
            assert!(!is_confirmed(typed), "{typed}");
        }
    }
}
