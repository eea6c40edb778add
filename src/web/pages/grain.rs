//! A grain: its text, the button that finishes it, the one that takes that back.

use askama::Template;
use axum::{
    Extension,
    extract::{Path, State},
    response::{Html, Redirect},
};

use super::{
    arrival::JustFinished,
    bar::Bar,
    confirmation::Confirmation,
    outline::{Here, Outline},
    step::Step,
    trail::Trail,
    view::View,
};
use crate::{
    catalogue::{Catalogue, Grain, Place, store::find_retired_grain},
    progress::{self, Completions, Milestone},
    web::{
        error::PageError,
        frame::Frame,
        french,
        grains::GrainText,
        session::{CurrentLearner, Visitor},
        state::AppState,
        urls::Urls,
    },
};

#[derive(Template)]
#[template(path = "pages/grain.html")]
struct GrainPage {
    frame: Frame,
    outline: Outline,
    trail: Trail,
    grain: &'static Grain,
    /// The bar of the sequence; `None` without a session.
    bar: Option<Bar>,
    /// « 6 min de lecture », in place of the bar.
    minutes: String,
    text: GrainText,
    end: End,
    previous: Option<Neighbour>,
    next: Option<Neighbour>,
    /// The grain that led here.
    confirmation: Option<Confirmation>,
    /// The grain's own style-sheet and script, when it brings some.
    style: Option<&'static str>,
    script: Option<&'static str>,
}

/// What stands after the text.
enum End {
    /// No session: a sentence says how progress is kept.
    Reading,
    /// The button.
    ToDo { action: String },
    /// Since when it is done, the way to take that back, and what comes next.
    Done {
        since: String,
        undo: String,
        next: Option<Step>,
        home: String,
    },
}

/// The grain before, or the one after.
struct Neighbour {
    title: &'static str,
    href: String,
}

/// `GET /grains/{id}`
pub(crate) async fn show(
    State(state): State<AppState>,
    visitor: Visitor,
    Path(id): Path<String>,
    finished: JustFinished,
) -> Result<Html<String>, PageError> {
    let place = find_place(&state, &id).await?;
    let view = View::new(&state, &visitor);
    // The catalogue and the texts are compiled from one folder.
    let text = GrainText::find(place.grain.id).ok_or(PageError::Internal(None))?;
    let page = GrainPage::new(Frame::new(&state, &visitor), &view, &place, text, &finished);
    Ok(Html(page.render()?))
}

/// `POST /grains/{id}/completion`
pub(crate) async fn finish(
    State(state): State<AppState>,
    learner: Option<CurrentLearner>,
    urls: Option<Extension<Urls>>,
    Path(id): Path<String>,
) -> Result<Redirect, PageError> {
    let place = find_place(&state, &id).await?;
    let unsaved = || PageError::unsaved(&place);
    let CurrentLearner(learner) = learner.ok_or_else(unsaved)?;
    let now = state.clock.now();
    let finished = progress::finish_grain(&state.db, &state.catalogue, now, learner, &place).await;
    let finished = finished.map_err(|error| PageError::from(error).about(&place))?;
    let finished = finished.ok_or_else(unsaved)?;
    if finished.has_jobs {
        state.courier.wake();
    }
    let completions = finished.completions;
    let Extension(urls) = urls.unwrap_or_default();
    Ok(Redirect::to(&address_after(
        &urls,
        &state.catalogue,
        &completions,
        &place,
    )))
}

/// `POST /grains/{id}/completion/undo`
pub(crate) async fn undo(
    State(state): State<AppState>,
    CurrentLearner(learner): CurrentLearner,
    urls: Option<Extension<Urls>>,
    Path(id): Path<String>,
) -> Result<Redirect, PageError> {
    let place = find_place(&state, &id).await?;
    let undone = progress::undo_grain(&state.db, state.clock.now(), learner, &place).await;
    if undone.map_err(|error| PageError::from(error).about(&place))? {
        state.courier.wake();
    }
    let Extension(urls) = urls.unwrap_or_default();
    Ok(Redirect::to(&urls.grain(place.grain.id)))
}

/// The living grain of this id; one that left the course is told apart from one that never was.
async fn find_place(state: &AppState, id: &str) -> Result<Place, PageError> {
    if let Some(place) = state.catalogue.grain(id) {
        return Ok(*place);
    }
    // PostgreSQL knows no NUL; no id holds a control character.
    if id.contains(char::is_control) {
        return Err(PageError::NotFound);
    }
    let mut conn = state.db.acquire().await?;
    let retired = find_retired_grain(&mut conn, id).await?;
    conn.keep().await?;
    Err(retired.map_or(PageError::NotFound, |_| PageError::Retired))
}

/// Where one goes once `finished` is done: on to the next grain, or to what it completed.
fn address_after(
    urls: &Urls,
    catalogue: &Catalogue,
    completions: &Completions,
    finished: &Place,
) -> String {
    let grain = finished.grain.id;
    match Milestone::reached(catalogue, completions, finished) {
        Milestone::Course => urls.home_after(grain),
        Milestone::Module => urls.module_after(finished.module.id, grain),
        Milestone::Sequence | Milestone::Grain => {
            completions.next_after(catalogue, finished).map_or_else(
                || urls.home_after(grain),
                |next| urls.grain_after(next.grain.id, grain),
            )
        }
    }
}

impl GrainPage {
    fn new(
        frame: Frame,
        view: &View<'_>,
        place: &Place,
        text: GrainText,
        finished: &JustFinished,
    ) -> Self {
        let grain = place.grain;
        let minutes = format!("{} de lecture", french::minutes(grain.minutes));
        let finished = finished
            .place(view)
            .filter(|finished| finished.ordinal != place.ordinal);
        Self {
            outline: Outline::new(view, Here::Grain(place)),
            trail: trail(view, place),
            grain,
            bar: Bar::of_sequence(view, place.sequence).map(|bar| Bar {
                note: format!(" · {minutes}"),
                ..bar
            }),
            minutes,
            text,
            end: end(view, place),
            previous: view
                .catalogue
                .previous(place)
                .map(|place| neighbour(view, place)),
            next: view
                .catalogue
                .next(place)
                .map(|place| neighbour(view, place)),
            confirmation: finished
                .and_then(|finished| Confirmation::on_grain(view, finished, place)),
            style: grain.style.map(|style| view.urls.asset(style)),
            script: grain.script.map(|script| view.urls.asset(script)),
            frame,
        }
    }
}

fn trail(view: &View<'_>, place: &Place) -> Trail {
    let Place {
        module, sequence, ..
    } = place;
    let here = format!(
        "Grain\u{a0}{}/{}",
        place.grain_rank + 1,
        sequence.grains.len()
    );
    Trail::to(here)
        .through(
            format!("Module\u{a0}{}", place.module_rank + 1),
            view.urls.module(module.id),
        )
        .through(
            format!("Séquence\u{a0}{}", place.sequence_rank + 1),
            view.urls.sequence(sequence.id),
        )
}

fn end(view: &View<'_>, place: &Place) -> End {
    let Some(completions) = view.completions else {
        return End::Reading;
    };
    match completions.completed_at(place) {
        None => End::ToDo {
            action: view.urls.completion(place.grain.id),
        },
        Some(since) => End::Done {
            since: french::date(since),
            undo: view.urls.undo(place.grain.id),
            next: completions
                .next(view.catalogue)
                .map(|next| Step::to_grain(view, "Reprendre", next)),
            home: view.urls.home(),
        },
    }
}

fn neighbour(view: &View<'_>, place: &Place) -> Neighbour {
    Neighbour {
        title: place.grain.title,
        href: view.urls.grain(place.grain.id),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::web::pages::view::tests::{all, done};

    fn after(grains: &[&str]) -> String {
        let catalogue = Catalogue::compiled();
        let finished = catalogue
            .grain(grains[grains.len() - 1])
            .expect("a real grain");
        address_after(
            &Urls::default(),
            &catalogue,
            &done(&catalogue, grains),
            finished,
        )
    }

    #[test]
    fn finishing_leads_to_what_comes_next() {
        assert_eq!(after(&["grain8"]), "/grains/grain9?finished=grain8");
        assert_eq!(
            after(&["grain2", "grain1"]),
            "/grains/grain3?finished=grain1"
        );
        assert_eq!(after(&["grain29"]), "/grains/grain1?finished=grain29");
    }

    #[test]
    fn finishing_a_module_or_the_course_leads_to_its_page() {
        let catalogue = Catalogue::compiled();
        let module: Vec<_> = catalogue
            .of_module("module1")
            .map(|place| place.grain.id)
            .collect();
        assert_eq!(after(&module), "/modules/module1?finished=grain6");
        assert_eq!(after(&all(&catalogue)), "/?finished=grain29");
    }
}
