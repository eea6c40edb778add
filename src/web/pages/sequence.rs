//! A sequence: its grains, each with a sentence on it.

use askama::Template;
use axum::{
    extract::{Path, State},
    response::Html,
};

use super::{
    bar::{Bar, Facts},
    grain_list::{GrainRow, rows},
    outline::{Here, Outline},
    step::Step,
    trail::Trail,
    view::View,
};
use crate::{
    catalogue::{Place, Sequence},
    web::{error::PageError, frame::Frame, session::Visitor, state::AppState},
};

#[derive(Template)]
#[template(path = "pages/sequence.html")]
struct SequencePage {
    frame: Frame,
    outline: Outline,
    trail: Trail,
    sequence: &'static Sequence,
    bar: Option<Bar>,
    /// How many grains and minutes, in place of the bar.
    facts: Facts,
    /// The grain to go on with; `None` when all is done.
    step: Option<Step>,
    rows: Vec<GrainRow>,
}

/// `GET /sequences/{id}`
pub(crate) async fn show(
    State(state): State<AppState>,
    visitor: Visitor,
    Path(id): Path<String>,
) -> Result<Html<String>, PageError> {
    let first = state.catalogue.sequence(&id).ok_or(PageError::NotFound)?;
    let view = View::new(&state, &visitor);
    Ok(Html(
        SequencePage::new(Frame::new(&state, &visitor), &view, first).render()?,
    ))
}

impl SequencePage {
    /// The page of the sequence that `first` begins.
    fn new(frame: Frame, view: &View<'_>, first: &Place) -> Self {
        let sequence = first.sequence;
        let places = view.of_sequence(sequence);
        let bar = Bar::of_sequence(view, sequence).map(|bar| bar.with_end(view, places));
        let rank = first.sequence_rank + 1;
        let trail = Trail::to(format!(
            "Séquence\u{a0}{rank} sur {}",
            first.module.sequences.len()
        ));
        Self {
            outline: Outline::new(view, Here::Sequence(first)),
            trail: trail.through(
                format!("Module\u{a0}{}", first.module_rank + 1),
                view.urls.module(first.module.id),
            ),
            sequence,
            bar,
            facts: Facts {
                grains: places.len(),
                minutes: sequence.minutes,
            },
            step: Step::within(view, places),
            rows: rows(view, places, view.next_of(places)),
            frame,
        }
    }
}
