//! What the address of the class asks for; whatever makes no sense in it is passed over.

use crate::{
    catalogue::{Catalogue, Module},
    class::{Order, Selection, State},
    web::{forms, urls::Urls},
};

/// What the address asks for.
#[derive(Clone, Debug, Default)]
pub(super) struct Asked {
    /// Who is shown, and in which order.
    pub(super) selection: Selection,
    /// The module that is opened into its grains.
    pub(super) module: Option<&'static Module>,
    /// Which page of the list, from 1.
    pub(super) page: usize,
    /// How many grades have just been queued again.
    pub(super) resent: Option<usize>,
}

impl Asked {
    /// Reads the query of an address.
    pub(super) fn from_query(catalogue: &Catalogue, query: &str) -> Self {
        let pairs = forms::pairs(query.as_bytes());
        let text = |name| forms::single(&pairs, name).unwrap_or_default();
        Self {
            selection: Selection {
                search: text("search").chars().take(100).collect(),
                state: State::from_text(text("state")),
                order: Order::from_text(text("order")).unwrap_or_default(),
                is_reversed: text("reversed") == "yes",
            },
            module: catalogue.module(text("module")).map(|(_, module)| module),
            page: text("page").parse().unwrap_or(1).max(1),
            resent: text("resent").parse().ok(),
        }
    }

    /// The address of the list with one thing changed; it begins at its first page again.
    pub(super) fn address(&self, urls: &Urls, change: impl FnOnce(&mut Self)) -> String {
        let mut asked = Self {
            page: 1,
            ..self.clone()
        };
        change(&mut asked);
        let page = if asked.page > 1 {
            asked.page.to_string()
        } else {
            String::new()
        };
        let path = urls.class_with(&[
            ("search", &asked.selection.search),
            ("state", asked.selection.state.map_or("", State::as_str)),
            ("module", asked.module.map_or("", |module| module.id)),
            ("order", asked.order()),
            ("reversed", asked.reversed()),
            ("page", &page),
        ]);
        format!("{path}#people")
    }

    /// The order, unless it is the usual one.
    pub(super) fn order(&self) -> &'static str {
        match self.selection.order {
            Order::Name => "",
            order => order.as_str(),
        }
    }

    /// Whether it is turned round.
    pub(super) fn reversed(&self) -> &'static str {
        if self.selection.is_reversed {
            "yes"
        } else {
            ""
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_says_again_what_it_asked_for_and_drops_nonsense() {
        let catalogue = Catalogue::compiled();
        let again = |query: &str| {
            let asked = Asked::from_query(&catalogue, query);
            asked.address(&Urls::default(), |_| {})
        };
        assert_eq!(
            again("state=done&search=L%C3%A9a&order=activity&reversed=yes&module=module2"),
            "/class?search=L%C3%A9a&state=done&module=module2&order=activity&reversed=yes#people"
        );
        assert_eq!(
            again("state=%00&order=x&module=../&page=-1&reversed=1&state=done"),
            "/class#people"
        );
        let asked = Asked::from_query(&catalogue, "page=3");
        assert_eq!(
            asked.address(&Urls::default(), |asked| asked.page = 2),
            "/class?page=2#people"
        );
    }
}
