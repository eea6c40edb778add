//! A module: its sequences, their grains, what is done; and the moment when all of it is.

use askama::Template;
use axum::{
    extract::{Path, State},
    response::Html,
};

use super::{
    arrival::JustFinished,
    bar::{Bar, Facts},
    drawing::Ear,
    grain_list::{GrainRow, rows},
    outline::{Here, Outline},
    step::Step,
    trail::Trail,
    view::View,
};
use crate::{
    catalogue::{Module, Place, Sequence},
    progress::Progress,
    web::{error::PageError, frame::Frame, session::Visitor, state::AppState},
};

#[derive(Template)]
#[template(path = "pages/module.html")]
struct ModulePage {
    frame: Frame,
    outline: Outline,
    trail: Trail,
    module: &'static Module,
    number: usize,
    bar: Option<Bar>,
    /// How many grains and minutes, in place of the bar.
    facts: Facts,
    /// The grain to go on with; `None` when all is done.
    step: Option<Step>,
    sections: Vec<Section>,
    /// Just after the last grain of the module.
    milestone: Option<Milestone>,
}

/// One sequence with its grains.
struct Section {
    title: &'static str,
    href: String,
    bar: Option<Bar>,
    facts: Facts,
    rows: Vec<GrainRow>,
}

/// The end of a module: its ear is ripe, another module is waiting.
struct Milestone {
    ear: Ear,
    step: Option<Step>,
    /// What the module that comes next is about.
    promise: &'static str,
    undo: String,
    grain_title: &'static str,
}

/// `GET /modules/{id}`
pub(crate) async fn show(
    State(state): State<AppState>,
    visitor: Visitor,
    Path(id): Path<String>,
    finished: JustFinished,
) -> Result<Html<String>, PageError> {
    let (rank, module) = state.catalogue.module(&id).ok_or(PageError::NotFound)?;
    let view = View::new(&state, &visitor);
    let page = ModulePage::new(Frame::new(&state, &visitor), &view, rank, module, &finished);
    Ok(Html(page.render()?))
}

impl ModulePage {
    fn new(
        frame: Frame,
        view: &View<'_>,
        rank: usize,
        module: &'static Module,
        finished: &JustFinished,
    ) -> Self {
        let places = view.of_module(module);
        let next = view.next_of(places);
        let number = rank + 1;
        let bar = Bar::of_module(view, module).map(|bar| bar.with_end(view, places));
        let trail = Trail::to(format!(
            "Module\u{a0}{number} sur {}",
            view.catalogue.course.modules.len()
        ));
        Self {
            outline: Outline::new(view, Here::Module(module)),
            trail: trail.through("Le cours".to_owned(), view.urls.home()),
            milestone: finished
                .place(view)
                .and_then(|place| Milestone::new(view, module, place)),
            module,
            number,
            bar,
            facts: Facts {
                grains: places.len(),
                minutes: module.minutes,
            },
            step: Step::within(view, places),
            sections: module
                .sequences
                .iter()
                .zip(1..)
                .map(|(sequence, number)| section(view, number, sequence, next))
                .collect(),
            frame,
        }
    }
}

fn section(
    view: &View<'_>,
    number: usize,
    sequence: &'static Sequence,
    next: Option<&Place>,
) -> Section {
    let places = view.of_sequence(sequence);
    let bar = Bar::of_sequence(view, sequence);
    Section {
        title: sequence.title,
        href: view.urls.sequence(sequence.id),
        bar: bar.map(|bar| {
            bar.named(format!("Séquence\u{a0}{number}"))
                .with_time_left(view, places)
        }),
        facts: Facts {
            grains: places.len(),
            minutes: sequence.minutes,
        },
        rows: rows(view, places, next),
    }
}

impl Milestone {
    /// The milestone, if `finished` really ended `module`.
    fn new(view: &View<'_>, module: &'static Module, finished: &Place) -> Option<Self> {
        let progress = view.completions?.over(view.of_module(module));
        let is_end = finished.module.id == module.id && progress.is_done();
        is_end.then(|| {
            let next = view
                .completions
                .and_then(|completions| completions.next_after(view.catalogue, finished));
            Self {
                ear: Ear::new(progress, 34),
                step: next.map(|next| step_to_module(view, next)),
                promise: next.map_or("", |next| next.module.summary),
                undo: view.urls.undo(finished.grain.id),
                grain_title: finished.grain.title,
            }
        })
    }
}

/// The button that opens the module of `next`.
fn step_to_module(view: &View<'_>, next: &Place) -> Step {
    let places = view.of_module(next.module);
    let Progress { done, .. } = view
        .completions
        .map(|completions| completions.over(places))
        .unwrap_or_default();
    let verb = if done > 0 { "Continuer" } else { "Commencer" };
    Step {
        label: format!("{verb} le module\u{a0}{}", next.module_rank + 1).into(),
        href: view.urls.module(next.module.id),
        title: next.module.title,
        facts: Facts {
            grains: places.len(),
            minutes: next.module.minutes,
        }
        .to_string(),
    }
}
