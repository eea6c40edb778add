//! Who of a class is shown, and in which order. Pure.

use std::cmp::Reverse;

use time::OffsetDateTime;
use unicode_normalization::{UnicodeNormalization, char::is_combining_mark};

use super::{Member, State};

/// By what the list is sorted.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Order {
    /// By family name, as French sorts it.
    #[default]
    Name,
    /// By how much of the course is done.
    Progress,
    /// By when they last did anything; who never came stands at the old end.
    Activity,
}

/// Who is shown, and in which order.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Selection {
    /// Words that a name holds; nothing finds all.
    pub search: String,
    /// Only these.
    pub state: Option<State>,
    /// By what they are sorted.
    pub order: Order,
    /// Whether the order is turned round.
    pub is_reversed: bool,
}

impl Order {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Name, Self::Progress, Self::Activity];

    /// One word for it, as addresses write it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Name => "name",
            Self::Progress => "progress",
            Self::Activity => "activity",
        }
    }

    /// What an address wrote.
    pub fn from_text(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|order| order.as_str() == text)
    }
}

impl Selection {
    /// The members to show, of a list that is sorted by name; those who are equal stay so.
    pub fn of<'a>(&self, members: &'a [Member], now: OffsetDateTime) -> Vec<&'a Member> {
        let words: Vec<_> = self.search.split_whitespace().map(folded).collect();
        let is_wanted = |member: &&Member| {
            let is_state = self.state.is_none_or(|state| member.state(now) == state);
            is_state && {
                let name = folded(&member.who.name);
                words.iter().all(|word| name.contains(word.as_str()))
            }
        };
        let mut chosen: Vec<_> = members.iter().filter(is_wanted).collect();
        let done = |member: &&Member| member.completions.of_course().done;
        match (self.order, self.is_reversed) {
            (Order::Name, false) => {}
            (Order::Name, true) => chosen.reverse(),
            (Order::Progress, false) => chosen.sort_by_key(done),
            (Order::Progress, true) => chosen.sort_by_key(|member| Reverse(done(member))),
            (Order::Activity, false) => chosen.sort_by_key(|member| member.last_activity()),
            (Order::Activity, true) => {
                chosen.sort_by_key(|member| Reverse(member.last_activity()));
            }
        }
        chosen
    }
}

/// Without accents and capitals: « élodie » finds Élodie, and so does « ELODIE ».
fn folded(text: &str) -> String {
    text.nfd()
        .filter(|letter| !is_combining_mark(*letter))
        .flat_map(char::to_lowercase)
        .map(|letter| if letter == '\'' { '’' } else { letter })
        .collect()
}

#[cfg(test)]
mod tests {
    use time::Duration;

    use super::{
        super::member::tests::{NOW, member},
        *,
    };

    fn names(selection: &Selection) -> Vec<String> {
        let days = |days| NOW - Duration::days(days);
        let members = [
            member("D’Ornano Zoé", Some(days(1)), &[("grain1", days(1))]),
            member("Éluard Paul", None, &[]),
            member(
                "Lefèvre Élodie",
                Some(days(20)),
                &[("grain1", days(20)), ("grain2", days(20))],
            ),
        ];
        let chosen = selection.of(&members, NOW).into_iter();
        chosen
            .map(|member| {
                member
                    .who
                    .name
                    .split(' ')
                    .next()
                    .unwrap_or_default()
                    .to_owned()
            })
            .collect()
    }

    #[test]
    fn a_search_minds_neither_accents_nor_capitals_nor_the_kind_of_apostrophe() {
        let found = |search: &str| {
            names(&Selection {
                search: search.to_owned(),
                ..Selection::default()
            })
        };
        assert_eq!(found("ELODIE lef"), ["Lefèvre"]);
        assert_eq!(found("d'orn"), ["D’Ornano"]);
        assert_eq!(found("e\u{301}lu"), ["Éluard"]);
        assert_eq!(found("  "), ["D’Ornano", "Éluard", "Lefèvre"]);
        assert!(found("nobody").is_empty());
    }

    #[test]
    fn a_list_is_sorted_both_ways() {
        let sorted = |order, is_reversed| {
            names(&Selection {
                order,
                is_reversed,
                ..Selection::default()
            })
        };
        assert_eq!(sorted(Order::Name, true), ["Lefèvre", "Éluard", "D’Ornano"]);
        assert_eq!(
            sorted(Order::Progress, false),
            ["Éluard", "D’Ornano", "Lefèvre"]
        );
        assert_eq!(
            sorted(Order::Progress, true),
            ["Lefèvre", "D’Ornano", "Éluard"]
        );
        assert_eq!(
            sorted(Order::Activity, true),
            ["D’Ornano", "Lefèvre", "Éluard"]
        );
    }

    #[test]
    fn only_those_of_one_state_are_shown() {
        for (state, expected) in [
            (State::NeverCame, vec!["Éluard"]),
            (State::Stopped, vec!["Lefèvre"]),
            (State::UnderWay, vec!["D’Ornano"]),
            (State::Done, vec![]),
        ] {
            let selection = Selection {
                state: Some(state),
                ..Selection::default()
            };
            assert_eq!(names(&selection), expected, "{state:?}");
        }
    }
}
