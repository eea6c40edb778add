//! The form above the list of a class: a name, a state, and what it keeps.

use super::asked::Asked;
use crate::{class::State, web::urls::Urls};

/// The form above the list, and what it keeps.
pub(super) struct Filter {
    pub(super) action: String,
    pub(super) search: String,
    pub(super) states: Vec<Choice>,
    /// Pairs that go with it unseen.
    pub(super) kept: Vec<(&'static str, &'static str)>,
    /// The whole list again, when something is chosen.
    pub(super) reset: Option<String>,
}

/// One state to choose.
pub(super) struct Choice {
    pub(super) value: &'static str,
    pub(super) label: &'static str,
    pub(super) is_chosen: bool,
}

impl Filter {
    /// The form as `asked` filled it.
    pub(super) fn new(urls: &Urls, asked: &Asked) -> Self {
        let selection = &asked.selection;
        let choice = |state: State| Choice {
            value: state.as_str(),
            label: words(state),
            is_chosen: selection.state == Some(state),
        };
        let kept = [
            ("module", asked.module.map_or("", |module| module.id)),
            ("order", asked.order()),
            ("reversed", asked.reversed()),
        ];
        let is_chosen = selection.state.is_some() || !selection.search.is_empty();
        Self {
            action: format!("{}#people", urls.class()),
            search: selection.search.clone(),
            states: State::ALL.map(choice).into(),
            kept: kept
                .into_iter()
                .filter(|(_, value)| !value.is_empty())
                .collect(),
            reset: is_chosen.then(|| {
                asked.address(urls, |asked| {
                    asked.selection.state = None;
                    asked.selection.search.clear();
                })
            }),
        }
    }
}

/// A state, in a word or two.
pub(super) fn words(state: State) -> &'static str {
    match state {
        State::NeverCame => "Jamais venu·e",
        State::NotBegun => "Pas commencé",
        State::UnderWay => "En chemin",
        State::Stopped => "À l’arrêt",
        State::Done => "Terminé",
    }
}
