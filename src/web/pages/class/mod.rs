//! The class of a teacher: how far it reads, where each person stands, which grades were refused.
//!
//! All that is counted comes from `crate::class`; here it is worded and drawn.

mod asked;
mod chart;
pub(crate) mod export;
mod filter;
mod grades;
mod people;

use askama::Template;
use axum::{
    body::Bytes,
    extract::{RawQuery, State},
    http::HeaderMap,
    response::{Html, Redirect},
};
use time::OffsetDateTime;

use super::trail::Trail;
use crate::{
    class::{self, Class, Member, State as Standing},
    web::{
        error::PageError, forms, frame::Frame, french, session::CurrentTeacher, state::AppState,
    },
};
use asked::Asked;
use chart::Chart;
use grades::Refusals;
use people::{Cell, Columns, People};

#[derive(Template)]
#[template(path = "pages/class.html")]
struct ClassPage {
    frame: Frame,
    trail: Trail,
    title: String,
    numbers: Vec<Number>,
    /// Where the list of names comes from.
    source: String,
    /// How many grades are on their way again, just after the button.
    resent: Option<String>,
    /// Drawn as soon as somebody is in the class.
    charts: Option<Charts>,
    people: People,
    refusals: Option<Refusals>,
    exports: Exports,
}

/// How many stand where, and the way to see who.
struct Number {
    count: usize,
    label: &'static str,
    href: String,
    is_chosen: bool,
}

/// How far the class reads, and when.
struct Charts {
    reach: Chart,
    reach_note: String,
    days: Chart,
    days_note: String,
}

/// Addresses of what can be taken away.
struct Exports {
    csv: String,
    anonymous_csv: String,
    xapi: String,
    anonymous_xapi: String,
}

/// `GET /class`
pub(crate) async fn show(
    State(state): State<AppState>,
    teacher: CurrentTeacher,
    RawQuery(query): RawQuery,
) -> Result<Html<String>, PageError> {
    let asked = Asked::from_query(&state.catalogue, query.as_deref().unwrap_or_default());
    let class = class::find_class(&state.db, &state.catalogue, teacher.context).await?;
    let class = class.ok_or(PageError::NotTeacher)?;
    Ok(Html(
        ClassPage::new(&state, &teacher, &class, &asked).render()?,
    ))
}

/// `POST /class/resending`: all refused scores, or the one that `score` names.
pub(crate) async fn resend(
    State(state): State<AppState>,
    teacher: CurrentTeacher,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Redirect, PageError> {
    if teacher.visitor.is_read_only {
        return Err(PageError::ReadOnly { grain: None });
    }
    let pairs = forms::body_pairs(&headers, &body)?;
    let only = match forms::single(&pairs, "score") {
        None => None,
        Some(text) => Some(grades::score_named(text).ok_or(PageError::BadRequest)?),
    };
    let now = state.clock.now();
    let count = class::resend_scores(&state.db, teacher.context, only, now).await?;
    if count > 0 {
        state.courier.wake();
    }
    let resent = count.to_string();
    Ok(Redirect::to(
        &teacher.visitor.urls.class_with(&[("resent", &resent)]),
    ))
}

impl ClassPage {
    fn new(state: &AppState, teacher: &CurrentTeacher, class: &Class, asked: &Asked) -> Self {
        let (urls, now) = (&teacher.visitor.urls, state.clock.now());
        let members = &class.members;
        let people = People::new(&state.catalogue, urls, members, asked, now);
        Self {
            trail: Trail::to("Classe".to_owned()).through("Le cours".to_owned(), urls.home()),
            title: class
                .context
                .title
                .clone()
                .unwrap_or_else(|| "Votre classe".to_owned()),
            numbers: numbers(members, now)
                .into_iter()
                .map(|(state, count)| Number {
                    count,
                    label: label(state, count),
                    href: asked.address(urls, |asked| asked.selection.state = Some(state)),
                    is_chosen: asked.selection.state == Some(state),
                })
                .collect(),
            source: source(class),
            resent: asked.resent.map(grades::resent),
            charts: (!members.is_empty()).then(|| Charts::new(state, members, now)),
            people,
            refusals: Refusals::new(class, urls.resending()),
            exports: Exports {
                csv: urls.class_csv(false),
                anonymous_csv: urls.class_csv(true),
                xapi: urls.class_xapi(false),
                anonymous_xapi: urls.class_xapi(true),
            },
            frame: Frame {
                learner_name: teacher.name.clone(),
                my_data: Some(urls.my_data()),
                // What they finish themselves is no matter here.
                remark: None,
                ..Frame::new(state, &teacher.visitor)
            },
        }
    }
}

impl Charts {
    fn new(state: &AppState, members: &[Member], now: OffsetDateTime) -> Self {
        let reaches = class::reaches(&state.catalogue, members);
        let days = class::days(&state.catalogue, members, now);
        Self {
            reach_note: chart::reach_note(&reaches),
            reach: Chart::of_reaches(&reaches, members.len()),
            days_note: chart::days_note(&days),
            days: Chart::of_days(&days),
        }
    }
}

/// How many stand where, the furthest ahead first.
fn numbers(members: &[Member], now: OffsetDateTime) -> Vec<(Standing, usize)> {
    let states: Vec<_> = members.iter().map(|member| member.state(now)).collect();
    let count = |state| states.iter().filter(|found| **found == state).count();
    let all = [
        Standing::Done,
        Standing::UnderWay,
        Standing::Stopped,
        Standing::NotBegun,
        Standing::NeverCame,
    ];
    all.map(|state| (state, count(state))).to_vec()
}

/// What stands under a number.
fn label(state: Standing, count: usize) -> &'static str {
    match (state, count > 1) {
        (Standing::Done, false) => "a terminé le cours",
        (Standing::Done, true) => "ont terminé le cours",
        (Standing::UnderWay, false) => "est en chemin",
        (Standing::UnderWay, true) => "sont en chemin",
        (Standing::Stopped, false) => "est à l’arrêt depuis 14\u{a0}jours",
        (Standing::Stopped, true) => "sont à l’arrêt depuis 14\u{a0}jours",
        (Standing::NotBegun, false) => "n’a pas commencé",
        (Standing::NotBegun, true) => "n’ont pas commencé",
        (Standing::NeverCame, false) => "n’est jamais venue",
        (Standing::NeverCame, true) => "ne sont jamais venues",
    }
}

fn source(class: &Class) -> String {
    let context = &class.context;
    let failed_at = context.roster_failed_at.map(french::moment);
    match (context.has_roster, context.roster_read_at, failed_at) {
        (false, ..) => "Moodle ne donne pas la liste de la classe\u{a0}: seules les personnes qui ont ouvert le cours au moins une fois sont comptées.".to_owned(),
        (true, Some(read_at), None) => {
            format!("Liste reçue de Moodle le {}.", french::moment(read_at))
        }
        (true, Some(read_at), Some(failed_at)) => format!(
            "Liste reçue de Moodle le {}. Elle n’a pas pu être relue le {failed_at}.",
            french::moment(read_at)
        ),
        (true, None, Some(failed_at)) => format!(
            "La liste de la classe n’a pas pu être lue dans Moodle ({failed_at})\u{a0}: seules les personnes qui ont ouvert le cours sont comptées."
        ),
        (true, None, None) => "La liste de la classe est demandée à Moodle\u{a0}: actualisez la page dans quelques instants.".to_owned(),
    }
}
