//! How far a class reads, and when. Pure.

use jiff::{ToSpan, civil::Date};
use time::OffsetDateTime;

use super::Member;
use crate::{
    catalogue::{Catalogue, Place},
    clock::in_paris,
};

/// How many days are counted one by one.
pub const DAYS: usize = 30;

/// How many of a class reached a grain.
#[derive(Clone, Copy, Debug)]
pub struct Reach<'a> {
    /// The grain.
    pub place: &'a Place,
    /// How many have finished it.
    pub finished: usize,
    /// How many have finished the one before and not this one; before the first grain stands the
    /// first visit.
    pub stopped: usize,
}

/// How many grains a class finished on a day.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Day {
    /// The day, in Paris.
    pub date: Date,
    /// Completions.
    pub completions: usize,
}

/// For each living grain, in reading order, how many reached it and how many stopped before.
pub fn reaches<'a>(catalogue: &'a Catalogue, members: &[Member]) -> Vec<Reach<'a>> {
    let reach = |place: &'a Place| {
        let previous = catalogue.previous(place);
        let was_here = |member: &Member| match previous {
            Some(previous) => member.completions.is_done(previous),
            None => member.last_activity().is_some(),
        };
        let is_done = |member: &&Member| member.completions.is_done(place);
        let stopped = |member: &&Member| !is_done(member) && was_here(member);
        Reach {
            place,
            finished: members.iter().filter(is_done).count(),
            stopped: members.iter().filter(stopped).count(),
        }
    };
    catalogue.places().iter().map(reach).collect()
}

/// Completions of each of the last [`DAYS`] days, the day of `now` (UTC) the last.
pub fn days(catalogue: &Catalogue, members: &[Member], now: OffsetDateTime) -> Vec<Day> {
    let today = in_paris(now).date();
    let before = |days: usize| today.saturating_sub(i32::try_from(days).unwrap_or(0).days());
    let mut days: Vec<_> = (0..DAYS)
        .rev()
        .map(|rank| Day {
            date: before(rank),
            completions: 0,
        })
        .collect();
    let first = before(DAYS - 1);
    for member in members {
        for place in catalogue.places() {
            let Some(time) = member.completions.completed_at(place) else {
                continue;
            };
            let rank = (in_paris(time).date() - first).get_days();
            let day = usize::try_from(rank)
                .ok()
                .and_then(|rank| days.get_mut(rank));
            if let Some(day) = day {
                day.completions += 1;
            }
        }
    }
    days
}

#[cfg(test)]
mod tests {
    use time::{Duration, macros::datetime};

    use super::{
        super::member::tests::{NOW, member},
        *,
    };

    #[test]
    fn who_finished_the_grain_before_and_not_this_one_stopped_there() {
        let catalogue = Catalogue::compiled();
        let members = [
            member("A", None, &[]),
            member("B", Some(NOW), &[]),
            member("C", Some(NOW), &[("grain1", NOW)]),
            member("D", Some(NOW), &[("grain1", NOW), ("grain2", NOW)]),
            // Reads in an order of their own.
            member("E", Some(NOW), &[("grain3", NOW)]),
        ];
        let found: Vec<_> = reaches(&catalogue, &members)
            .iter()
            .map(|reach| (reach.finished, reach.stopped))
            .take(5)
            .collect();
        assert_eq!(found, [(2, 2), (1, 1), (1, 1), (0, 1), (0, 0)]);
    }

    #[test]
    fn a_day_is_that_of_paris_and_old_ones_are_not_counted() {
        let catalogue = Catalogue::compiled();
        let now = datetime!(2026-11-28 09:00 UTC);
        let members = [member(
            "A",
            None,
            &[
                // In Paris it is the 28th already.
                ("grain1", datetime!(2026-11-27 23:30 UTC)),
                ("grain2", datetime!(2026-11-27 22:30 UTC)),
                ("grain3", now - Duration::days(29)),
                ("grain4", now - Duration::days(30)),
                ("grain5", now + Duration::days(1)),
            ],
        )];
        let days = days(&catalogue, &members, now);
        assert_eq!(days.len(), DAYS);
        let counts: Vec<_> = days.iter().map(|day| day.completions).collect();
        assert_eq!((counts[0], counts[28], counts[29]), (1, 1, 1));
        assert_eq!(counts.iter().sum::<usize>(), 3);
        assert_eq!(days[29].date.to_string(), "2026-11-28");
    }
}
