//! The list of a class: a row for each person, a bar for each module; an opened module shows its
//! grains.

use time::OffsetDateTime;

use super::{
    asked::Asked,
    filter::{Filter, words},
};
use crate::{
    catalogue::{Catalogue, Module, Place},
    class::{Grade, Member, Order},
    clock::in_paris,
    progress::Progress,
    web::{french, pages::bar, urls::Urls},
};

/// How many people one page lists.
const PAGE: usize = 200;

/// The list, and what chooses from it.
pub(super) struct People {
    /// « 12 personnes sur 30, par nom ».
    pub(super) caption: String,
    /// What stands in place of an empty list.
    pub(super) nobody: Option<&'static str>,
    pub(super) filter: Filter,
    pub(super) columns: Columns,
    /// Columns that sort: name, progress, last activity.
    pub(super) by_name: Sort,
    pub(super) by_progress: Sort,
    pub(super) by_activity: Sort,
    /// Whether any activity of the class is graded.
    pub(super) has_grades: bool,
    pub(super) rows: Vec<Row>,
    pub(super) pages: Option<Pages>,
}

/// What stands between the name and the sum.
pub(super) enum Columns {
    /// A bar for each module; its heading opens it.
    Modules(Vec<Column>),
    /// The grains of one module, and the way back.
    Grains {
        /// « Module 2 : … ».
        title: String,
        columns: Vec<Column>,
        close: String,
    },
}

/// A heading.
pub(super) struct Column {
    pub(super) label: String,
    pub(super) title: &'static str,
    pub(super) href: String,
}

/// A heading that sorts.
pub(super) struct Sort {
    pub(super) href: String,
    /// `ascending` or `descending`, for the column that sorts the list.
    pub(super) direction: Option<&'static str>,
}

/// One person.
pub(super) struct Row {
    pub(super) name: String,
    pub(super) cells: Vec<Cell>,
    /// « 12/29 ».
    pub(super) sum: String,
    /// Class of the mark: done, started, or none.
    pub(super) mark: &'static str,
    pub(super) state: &'static str,
    pub(super) grade: &'static str,
    pub(super) last: String,
}

/// What a person has done of a module, or of a grain.
pub(super) enum Cell {
    /// A bar with its words.
    Module { label: String, progress: Progress },
    /// A mark: since when it is done, in few letters.
    Grain { since: Option<String> },
}

/// The pages of a long list.
pub(super) struct Pages {
    /// « Page 2 sur 10 ».
    pub(super) here: String,
    pub(super) previous: Option<String>,
    pub(super) next: Option<String>,
}

impl People {
    /// The list that `asked` asks for.
    pub(super) fn new(
        catalogue: &Catalogue,
        urls: &Urls,
        members: &[Member],
        asked: &Asked,
        now: OffsetDateTime,
    ) -> Self {
        let chosen = asked.selection.of(members, now);
        let last_page = chosen.len().div_ceil(PAGE).max(1);
        let page = asked.page.min(last_page);
        let rows = chosen.iter().skip((page - 1) * PAGE).take(PAGE);
        let sort = |order| Sort::new(asked, urls, order);
        Self {
            caption: caption(chosen.len(), members.len(), asked),
            nobody: match (chosen.is_empty(), members.is_empty()) {
                (false, _) => None,
                (true, true) => Some(
                    "Personne n’a encore ouvert le cours. La liste se remplira à la première visite.",
                ),
                (true, false) => Some("Aucune personne ne correspond. Élargissez les filtres."),
            },
            filter: Filter::new(urls, asked),
            columns: Columns::new(catalogue, urls, asked),
            by_name: sort(Order::Name),
            by_progress: sort(Order::Progress),
            by_activity: sort(Order::Activity),
            has_grades: members.iter().any(|member| member.grade != Grade::None),
            rows: rows
                .map(|member| Row::new(catalogue, member, asked.module, now))
                .collect(),
            pages: (last_page > 1).then(|| {
                let to = |number| asked.address(urls, |asked| asked.page = number);
                Pages {
                    here: format!("Page\u{a0}{page} sur {last_page}"),
                    previous: (page > 1).then(|| to(page - 1)),
                    next: (page < last_page).then(|| to(page + 1)),
                }
            }),
        }
    }
}

fn caption(shown: usize, all: usize, asked: &Asked) -> String {
    let of = if shown == all {
        String::new()
    } else {
        format!(" sur {all}")
    };
    let order = match (asked.selection.order, asked.selection.is_reversed) {
        (Order::Name, false) => "par nom",
        (Order::Name, true) => "par nom, de Z à A",
        (Order::Progress, false) => "les moins avancées d’abord",
        (Order::Progress, true) => "les plus avancées d’abord",
        (Order::Activity, false) => "les moins récentes d’abord",
        (Order::Activity, true) => "les plus récentes d’abord",
    };
    format!("{}{of}, {order}", french::people(shown))
}

impl Columns {
    fn new(catalogue: &Catalogue, urls: &Urls, asked: &Asked) -> Self {
        let numbered = |(module, number): (&'static Module, usize)| Column {
            label: format!("Module\u{a0}{number}"),
            title: module.title,
            href: asked.address(urls, |asked| asked.module = Some(module)),
        };
        let mut modules = catalogue.course.modules.iter().zip(1..);
        let Some(module) = asked.module else {
            return Self::Modules(modules.map(numbered).collect());
        };
        let number = modules
            .find(|(other, _)| other.id == module.id)
            .map_or(0, |(_, number)| number);
        let grain = |place: &Place| Column {
            label: format!("{}.{}", place.sequence_rank + 1, place.grain_rank + 1),
            title: place.grain.title,
            href: urls.grain(place.grain.id),
        };
        Self::Grains {
            title: format!("Module\u{a0}{number}\u{a0}: {}", module.title),
            columns: catalogue.of_module(module.id).map(grain).collect(),
            close: asked.address(urls, |asked| asked.module = None),
        }
    }
}

impl Sort {
    /// The usual direction of names goes up; of the others, down: the best and the latest first.
    fn new(asked: &Asked, urls: &Urls, order: Order) -> Self {
        let usual = order != Order::Name;
        let selection = &asked.selection;
        let is_sorted = selection.order == order;
        let is_reversed = if is_sorted {
            !selection.is_reversed
        } else {
            usual
        };
        Self {
            href: asked.address(urls, |asked| {
                asked.selection.order = order;
                asked.selection.is_reversed = is_reversed;
            }),
            direction: match (is_sorted, selection.is_reversed) {
                (false, _) => None,
                (true, false) => Some("ascending"),
                (true, true) => Some("descending"),
            },
        }
    }
}

impl Row {
    fn new(
        catalogue: &Catalogue,
        member: &Member,
        opened: Option<&Module>,
        now: OffsetDateTime,
    ) -> Self {
        let done = &member.completions;
        let of_module = |(module, number): (&Module, usize)| Cell::Module {
            label: format!("Module\u{a0}{number}"),
            progress: done.of_module(catalogue, module.id),
        };
        let of_grain = |place: &Place| Cell::Grain {
            since: done.completed_at(place).map(short_date),
        };
        let sum = match opened {
            Some(module) => done.of_module(catalogue, module.id),
            None => done.of_course(),
        };
        Self {
            name: member.who.name.clone(),
            cells: match opened {
                Some(module) => catalogue.of_module(module.id).map(of_grain).collect(),
                None => catalogue
                    .course
                    .modules
                    .iter()
                    .zip(1..)
                    .map(of_module)
                    .collect(),
            },
            sum: format!("{}/{}", sum.done, sum.total),
            mark: bar::state(done.of_course()),
            state: words(member.state(now)),
            grade: match member.grade {
                Grade::None => "–",
                Grade::Waiting => "En route",
                Grade::Sent => "Reçue",
                Grade::Refused => "Refusée",
            },
            last: member
                .last_activity()
                .map_or_else(|| "–".to_owned(), |last| french::recent_date(last, now)),
        }
    }
}

/// « 14/11 ».
fn short_date(time: OffsetDateTime) -> String {
    let date = in_paris(time).date();
    format!("{:02}/{:02}", date.day(), date.month())
}
