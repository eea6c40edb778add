//! Bar charts as inline SVG: how far a class reads, and on which days. Pure.
//!
//! A chart is columns of stacked parts over some rules; the numbers stand in a table behind it.

use crate::{
    class::{Day, Reach},
    web::french,
};

/// Size of the drawing, in its own units; it scales with the page.
const WIDTH: usize = 780;
const HEIGHT: usize = 116;

/// Where the columns stand.
const LEFT: usize = 34;
const TOP: usize = 8;
const BOTTOM: usize = 92;

/// Between two modules.
const GAP: usize = 14;

/// A bar chart and the table behind it.
pub(super) struct Chart {
    pub(super) title: &'static str,
    /// Height of the drawing.
    pub(super) height: usize,
    pub(super) rules: Vec<Rule>,
    pub(super) parts: Vec<Part>,
    pub(super) labels: Vec<Label>,
    /// Headings of the table.
    pub(super) headings: &'static [&'static str],
    /// Rows of the table: a heading and its numbers.
    pub(super) rows: Vec<(String, Vec<usize>)>,
}

/// A line across, and what it stands for.
pub(super) struct Rule {
    pub(super) y: usize,
    pub(super) value: usize,
}

/// A piece of a column.
pub(super) struct Part {
    pub(super) kind: &'static str,
    pub(super) x: usize,
    pub(super) y: String,
    pub(super) width: usize,
    pub(super) height: String,
}

/// A word below the columns, or a number above one.
pub(super) struct Label {
    pub(super) x: usize,
    pub(super) y: usize,
    /// `start`, `middle` or `end`: which part of it stands there.
    pub(super) anchor: &'static str,
    pub(super) text: String,
}

/// Draws columns up to `most`.
struct Drawing {
    most: usize,
    parts: Vec<Part>,
}

impl Drawing {
    /// A piece of the column at `x`, from `from` to `to` of what is counted.
    fn add(&mut self, kind: &'static str, x: usize, width: usize, from: usize, to: usize) {
        if to > from {
            let (top, bottom) = (self.y(to), self.y(from));
            self.parts.push(Part {
                kind,
                x,
                y: tenths(top),
                width,
                height: tenths(bottom - top),
            });
        }
    }

    /// Where a number stands, in tenths of a unit.
    fn y(&self, number: usize) -> usize {
        10 * BOTTOM - 10 * (BOTTOM - TOP) * number.min(self.most) / self.most
    }
}

/// « 72.8 », and « 84 » without a fraction.
fn tenths(number: usize) -> String {
    match number % 10 {
        0 => (number / 10).to_string(),
        rest => format!("{}.{rest}", number / 10),
    }
}

impl Chart {
    /// How many finished each grain, and how many stopped before it, of a class of `size`.
    pub(super) fn of_reaches(reaches: &[Reach<'_>], size: usize) -> Self {
        let mut drawing = Drawing {
            most: size.max(1),
            parts: Vec::new(),
        };
        let gaps = reaches.last().map_or(0, |last| last.place.module_rank);
        let step = (WIDTH - LEFT - 4 - gaps * GAP) / reaches.len().max(1);
        let width = step.saturating_sub(4).max(1);
        let mut labels = Vec::new();
        let worst = worst(reaches);
        let mut rows = Vec::new();
        for (rank, reach) in reaches.iter().enumerate() {
            let place = reach.place;
            let x = LEFT + rank * step + place.module_rank * GAP;
            let came = reach.finished + reach.stopped;
            drawing.add("bar", x, width, 0, reach.finished);
            drawing.add("drop", x, width, reach.finished, came);
            drawing.add("rest", x, width, came, size);
            if place.sequence_rank == 0 && place.grain_rank == 0 {
                labels.push(Label {
                    x,
                    y: BOTTOM + 18,
                    anchor: "start",
                    text: format!("Module\u{a0}{}", place.module_rank + 1),
                });
            }
            if worst.is_some_and(|worst| worst.place.ordinal == place.ordinal) {
                let above = drawing.y(came) / 10;
                labels.push(Label {
                    x: x + width / 2,
                    y: above.saturating_sub(4).max(TOP + 10),
                    anchor: "middle",
                    text: format!("−{}", reach.stopped),
                });
            }
            let name = format!("{}. {}", place.ordinal + 1, place.grain.title);
            rows.push((name, vec![reach.finished, reach.stopped]));
        }
        Self {
            title: "Personnes ayant terminé chaque grain",
            height: HEIGHT,
            rules: rules(drawing.most),
            parts: drawing.parts,
            labels,
            headings: &[
                "Grain",
                "L’ont terminé",
                "Ont terminé le précédent, pas celui-ci",
            ],
            rows,
        }
    }

    /// Completions of each day.
    pub(super) fn of_days(days: &[Day]) -> Self {
        let most = days.iter().map(|day| day.completions).max().unwrap_or(0);
        // An even number, so that the rule in the middle is a whole one.
        let most = most.max(2).next_multiple_of(2);
        let mut drawing = Drawing {
            most,
            parts: Vec::new(),
        };
        let step = (WIDTH - LEFT - 4) / days.len().max(1);
        let mut labels = Vec::new();
        for (rank, day) in days.iter().enumerate() {
            let x = LEFT + rank * step;
            drawing.add("bar", x, step - 4, 0, day.completions);
            // Today, and the same day of the weeks before.
            let is_last = rank + 1 == days.len();
            if (days.len() - rank) % 7 == 1 {
                labels.push(Label {
                    x: if is_last { x + step - 4 } else { x },
                    y: BOTTOM + 18,
                    anchor: if is_last { "end" } else { "start" },
                    text: french::day(day.date),
                });
            }
        }
        Self {
            title: "Grains terminés chaque jour",
            height: HEIGHT,
            rules: rules(most),
            parts: drawing.parts,
            labels,
            headings: &["Jour", "Grains terminés"],
            rows: days
                .iter()
                .rev()
                .map(|day| (french::day(day.date), vec![day.completions]))
                .collect(),
        }
    }
}

fn rules(most: usize) -> Vec<Rule> {
    let middle = most.is_multiple_of(2).then_some(Rule {
        y: usize::midpoint(TOP, BOTTOM),
        value: most / 2,
    });
    let ends = [
        Rule {
            y: TOP,
            value: most,
        },
        Rule {
            y: BOTTOM,
            value: 0,
        },
    ];
    ends.into_iter().chain(middle).collect()
}

/// The grain before which most people stopped, the first of several.
fn worst<'a, 'b>(reaches: &'a [Reach<'b>]) -> Option<&'a Reach<'b>> {
    let found = reaches.iter().rev().max_by_key(|reach| reach.stopped)?;
    (found.stopped > 0).then_some(found)
}

/// What the first chart says, in words.
pub(super) fn reach_note(reaches: &[Reach<'_>]) -> String {
    let (Some(first), Some(last)) = (reaches.first(), reaches.last()) else {
        return String::new();
    };
    let verb = if first.finished > 1 { "ont" } else { "a" };
    let ends = format!(
        "{} {verb} terminé le premier grain, {} le dernier.",
        french::people(first.finished),
        last.finished
    );
    let Some(worst) = worst(reaches) else {
        return ends;
    };
    let grain = worst.place.grain.title;
    let people = french::people(worst.stopped);
    if worst.place.ordinal == 0 {
        let verb = if worst.stopped > 1 {
            "sont venues"
        } else {
            "est venue"
        };
        return format!("{ends} {people} {verb} sans terminer le premier, «\u{a0}{grain}\u{a0}».");
    }
    let verb = if worst.stopped > 1 { "ont" } else { "a" };
    format!(
        "{ends} C’est devant le grain {}, «\u{a0}{grain}\u{a0}», que l’on s’arrête le plus\u{a0}: {people} {verb} terminé le précédent, et pas celui-ci.",
        worst.place.ordinal + 1
    )
}

/// What the second chart says, in words.
pub(super) fn days_note(days: &[Day]) -> String {
    let sum: usize = days.iter().map(|day| day.completions).sum();
    let Some(best) = days.iter().max_by_key(|day| day.completions) else {
        return String::new();
    };
    let verb = if sum > 1 { "terminés" } else { "terminé" };
    let all = format!("{} {verb} en {} jours", french::grains(sum), days.len());
    if sum == 0 {
        format!("{all}.")
    } else {
        format!(
            "{all}, dont {} le {}.",
            best.completions,
            french::day(best.date)
        )
    }
}
