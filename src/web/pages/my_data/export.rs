//! A copy of what is kept: JSON for programs, a table for a spreadsheet.

use axum::{
    extract::State,
    http::header,
    response::{IntoResponse, Response},
};
use serde::Serialize;
use time::{OffsetDateTime, serde::rfc3339};

use super::{facts, kept};
use crate::{
    privacy::{Activity, Kept},
    progress::Standing,
    spreadsheet,
    web::{error::PageError, session::Visitor, state::AppState},
};

/// Raised when a field changes its name or its meaning.
const VERSION: u32 = 1;

/// The file for programs; `docs/RGPD.md` describes it.
#[derive(Serialize)]
struct Export {
    version: u32,
    #[serde(with = "rfc3339")]
    exported_at: OffsetDateTime,
    /// After so many months without activity all is erased; none: never by itself.
    retention_months: Option<u16>,
    #[serde(flatten)]
    kept: Kept,
}

/// `GET /my-data/export.json`
pub(crate) async fn json(
    State(state): State<AppState>,
    visitor: Visitor,
) -> Result<Response, PageError> {
    let export = Export {
        version: VERSION,
        exported_at: state.clock.now(),
        retention_months: state.config.retention_months,
        kept: kept(&state, standing(&visitor)?).await?,
    };
    let text = serde_json::to_string_pretty(&export).map_err(PageError::internal)?;
    Ok(file("json", "application/json", text))
}

/// `GET /my-data/export.csv`
pub(crate) async fn csv(
    State(state): State<AppState>,
    visitor: Visitor,
) -> Result<Response, PageError> {
    let kept = kept(&state, standing(&visitor)?).await?;
    Ok(file(
        "csv",
        spreadsheet::CONTENT_TYPE,
        spreadsheet::table(rows(&kept)),
    ))
}

fn standing(visitor: &Visitor) -> Result<&Standing, PageError> {
    let standing = visitor.standing.as_ref();
    standing.ok_or(PageError::NoSession { unsaved: None })
}

/// A file to keep rather than a page; nobody's cache holds it.
fn file(extension: &str, kind: &'static str, body: impl IntoResponse) -> Response {
    let disposition = format!("attachment; filename=\"mes-donnees.{extension}\"");
    let headers = [
        (header::CONTENT_TYPE, kind.to_owned()),
        (header::CONTENT_DISPOSITION, disposition),
    ];
    (headers, body).into_response()
}

/// What it is about, what it is called, what it is, when.
type Row = [String; 4];

fn rows(kept: &Kept) -> Vec<Row> {
    let headings = row("Rubrique", "Intitulé", "Valeur", None);
    let mut rows = vec![with_last(headings, "Date")];
    rows.extend(profile_rows(kept));
    rows.extend(kept.courses.iter().map(|course| {
        let role = facts::role(&course.role);
        row(
            "Cours Moodle",
            facts::course_title(course),
            role,
            course.launched_at.or(Some(course.since)),
        )
    }));
    rows.extend(kept.completions.iter().map(|done| {
        let place = format!("{} > {}", done.module_title, done.sequence_title);
        row(
            "Grain terminé",
            &done.grain_title,
            &place,
            Some(done.completed_at),
        )
    }));
    for grade in &kept.grades {
        let title = activity_title(&grade.activity);
        if let Some(sent) = &grade.sent {
            let score = format!("{} sur {}", sent.given, sent.maximum);
            rows.push(row("Note transmise", title, &score, Some(sent.at)));
        }
        if let Some(refused) = &grade.refused {
            let answer = refused
                .answer
                .as_deref()
                .filter(|answer| !answer.is_empty());
            let reason = answer.unwrap_or(&refused.reason);
            rows.push(row("Note refusée", title, reason, Some(refused.at)));
        }
        if grade.sent.is_none() && grade.refused.is_none() {
            rows.push(row("Activité notée", title, "rien de transmis", None));
        }
    }
    rows.extend(kept.queued.iter().map(|job| {
        let title = job.activity.as_ref().map_or("", activity_title);
        let tried = format!("tentatives\u{a0}: {}", job.attempts);
        row("Note en attente", title, &tried, Some(job.queued_at))
    }));
    let ends = kept.sessions.iter().map(|session| session.expires_at);
    rows.extend(ends.map(|end| row("Session", "fin au plus tard", "", Some(end))));
    rows
}

fn profile_rows(kept: &Kept) -> Vec<Row> {
    let profile = &kept.profile;
    let about = |name: &str, value: &str| row("Profil", name, value, None);
    let mut rows = vec![
        about("Nom", profile.name.as_deref().unwrap_or_default()),
        about(
            "Nom de famille",
            profile.family_name.as_deref().unwrap_or_default(),
        ),
        about(
            "Adresse électronique",
            profile.email.as_deref().unwrap_or_default(),
        ),
        about("Identifiant dans Moodle", &profile.moodle_user_id),
        about("Identifiant sur ce site", &profile.id.to_string()),
    ];
    if let Some(platform) = &kept.platform {
        rows.push(about("Moodle", &platform.name));
    }
    rows.push(row("Profil", "Création", "", Some(profile.created_at)));
    rows.push(row(
        "Profil",
        "Dernier changement",
        "",
        Some(profile.updated_at),
    ));
    rows.extend(
        profile
            .last_visit_at
            .map(|at| row("Profil", "Dernière visite", "", Some(at))),
    );
    rows
}

fn row(about: &str, title: &str, value: &str, at: Option<OffsetDateTime>) -> Row {
    let at = at.map(spreadsheet::moment).unwrap_or_default();
    [about.to_owned(), title.to_owned(), value.to_owned(), at]
}

fn with_last(mut row: Row, text: &str) -> Row {
    text.clone_into(&mut row[3]);
    row
}

fn activity_title(activity: &Activity) -> &str {
    activity.title.as_deref().unwrap_or("Activité sans titre")
}
