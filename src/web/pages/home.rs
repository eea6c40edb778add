//! The course: where one stands, what comes next, the modules.

use std::borrow::Cow;

use askama::Template;
use axum::{extract::State, response::Html};

use super::{
    arrival::JustFinished,
    bar::{Bar, Facts, state},
    confirmation::Confirmation,
    drawing::Field,
    step::Step,
    view::View,
};
use crate::{
    catalogue::Module,
    progress::{Completions, Progress},
    web::{error::PageError, frame::Frame, french, session::Visitor, state::AppState},
};

#[derive(Template)]
#[template(path = "pages/home.html")]
struct HomePage {
    frame: Frame,
    /// « Micro-cours en 29 grains ».
    eyebrow: String,
    description: &'static str,
    lead: Cow<'static, str>,
    /// The overall bar; `None` without a session.
    bar: Option<Bar>,
    /// Reading time, in place of the bar.
    facts: Facts,
    next: Next,
    field: Field,
    cards: Vec<ModuleCard>,
    /// Just after the last grain of the course.
    confirmation: Option<Confirmation>,
}

/// What stands under the bar.
enum Next {
    /// The grain to go on with.
    Step(Step),
    /// All is done: since when, and the first grain to read again.
    Closing { since: String, again: String },
}

/// One module of the course.
struct ModuleCard {
    number: usize,
    title: &'static str,
    summary: &'static str,
    href: String,
    state: &'static str,
    bar: Option<Bar>,
    facts: Facts,
}

/// `GET /`
pub(crate) async fn show(
    State(state): State<AppState>,
    visitor: Visitor,
    finished: JustFinished,
) -> Result<Html<String>, PageError> {
    let view = View::new(&state, &visitor);
    let page = HomePage::new(Frame::new(&state, &visitor), &view, &finished);
    Ok(Html(page.render()?))
}

impl HomePage {
    fn new(frame: Frame, view: &View<'_>, finished: &JustFinished) -> Self {
        let course = view.catalogue.course;
        let grains = view.catalogue.places().len();
        let modules = course.modules.iter();
        let cards: Vec<_> = modules
            .zip(1..)
            .map(|(module, number)| card(view, number, module))
            .collect();
        Self {
            eyebrow: format!("Micro-cours en {}", french::grains(grains)),
            description: course.subtitle,
            lead: lead(view),
            bar: view
                .completions
                .map(|completions| overall_bar(view, completions)),
            facts: Facts {
                grains,
                minutes: course.minutes(),
            },
            next: next(view),
            field: Field::new(
                cards
                    .iter()
                    .zip(course.modules)
                    .map(|(card, module)| ear(view, card, module)),
            ),
            cards,
            confirmation: finished
                .place(view)
                .and_then(|place| Confirmation::of_course(view, place)),
            frame,
        }
    }
}

/// The subtitle, or a warm word once all is done.
fn lead(view: &View<'_>) -> Cow<'static, str> {
    match view.completions {
        Some(completions) if completions.of_course().is_done() => Cow::Owned(format!(
            "Le champ est mûr\u{a0}: vous avez lu les {} du cours. Ils restent ouverts, pour le jour où un projet vous y ramène.",
            french::grains(completions.of_course().total)
        )),
        _ => Cow::Borrowed(view.catalogue.course.subtitle),
    }
}

fn overall_bar(view: &View<'_>, completions: &Completions) -> Bar {
    let bar = Bar::of_course(completions.of_course());
    if bar.progress.is_done() {
        bar
    } else {
        bar.with_time_left(view, view.catalogue.places())
    }
}

fn next(view: &View<'_>) -> Next {
    let places = view.catalogue.places();
    let started = view
        .completions
        .filter(|completions| completions.of_course().done > 0);
    let label = if started.is_some() {
        "Reprendre"
    } else {
        "Commencer"
    };
    match view.next_of(places) {
        Some(place) => Next::Step(Step::to_grain(view, label, place)),
        None => Next::Closing {
            since: started
                .and_then(Completions::latest)
                .map(french::date)
                .unwrap_or_default(),
            again: places
                .first()
                .map(|first| view.urls.grain(first.grain.id))
                .unwrap_or_default(),
        },
    }
}

fn card(view: &View<'_>, number: usize, module: &'static Module) -> ModuleCard {
    let places = view.of_module(module);
    let bar = Bar::of_module(view, module);
    let bar = bar.map(|bar| {
        bar.named(format!("Module\u{a0}{number}"))
            .with_time_left(view, places)
    });
    ModuleCard {
        number,
        title: module.title,
        summary: module.summary,
        href: view.urls.module(module.id),
        state: bar.as_ref().map_or("", |bar| state(bar.progress)),
        bar,
        facts: Facts {
            grains: places.len(),
            minutes: module.minutes,
        },
    }
}

/// What the ear of a module shows: the bar of its card, or grains that are all to do.
fn ear(view: &View<'_>, card: &ModuleCard, module: &Module) -> Progress {
    let todo = || Progress {
        done: 0,
        total: view.of_module(module).len(),
    };
    card.bar.as_ref().map_or_else(todo, |bar| bar.progress)
}
