//! The one thing to do next: a button, and beside it the title it leads to.

use std::borrow::Cow;

use super::view::View;
use crate::{catalogue::Place, web::french};

/// A button that leads on, with what stands beside it.
#[derive(Debug)]
pub(crate) struct Step {
    /// Verb on the button.
    pub(crate) label: Cow<'static, str>,
    /// Where it leads.
    pub(crate) href: String,
    /// What it leads to.
    pub(crate) title: &'static str,
    /// « Module 2 · 6 min ».
    pub(crate) facts: String,
}

impl Step {
    /// The button that opens a grain.
    pub(crate) fn to_grain(view: &View<'_>, label: &'static str, place: &Place) -> Self {
        Self {
            label: Cow::Borrowed(label),
            href: view.urls.grain(place.grain.id),
            title: place.grain.title,
            facts: format!("Module\u{a0}{} · {}", place.module_rank + 1, minutes(place)),
        }
    }

    /// The button that goes on with `places`, the grains of one scope; `None` when it is done.
    pub(crate) fn within<'a>(view: &View<'a>, places: &'a [Place]) -> Option<Self> {
        let is_started = places.iter().any(|place| view.is_done(place));
        let label = if is_started { "Continuer" } else { "Commencer" };
        view.next_of(places).map(|place| Self {
            facts: format!("{} de lecture", minutes(place)),
            ..Self::to_grain(view, label, place)
        })
    }
}

fn minutes(place: &Place) -> String {
    french::minutes(place.grain.minutes)
}
