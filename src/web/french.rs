//! How numbers, durations and dates are worded, with French typography.

use jiff::civil::Date;
use time::OffsetDateTime;

use crate::{clock::in_paris, progress::Progress};

const MONTHS: [&str; 12] = [
    "janvier",
    "février",
    "mars",
    "avril",
    "mai",
    "juin",
    "juillet",
    "août",
    "septembre",
    "octobre",
    "novembre",
    "décembre",
];

/// « 0 grain », « 1 grain », « 2 grains ».
pub fn grains(count: usize) -> String {
    several(count, "grain", "grains")
}

/// « 0 session », « 1 session », « 2 sessions ».
pub fn several(count: usize, one: &str, many: &str) -> String {
    let word = if count > 1 { many } else { one };
    format!("{count}\u{a0}{word}")
}

/// « 3 grains sur 8 ».
pub fn grains_of(progress: Progress) -> String {
    format!("{} sur {}", grains(progress.done), progress.total)
}

/// « 6 min », « 3 h 34 », « 2 h ».
pub fn minutes(minutes: u16) -> String {
    match (minutes / 60, minutes % 60) {
        (0, minutes) => format!("{minutes}\u{a0}min"),
        (hours, 0) => format!("{hours}\u{a0}h"),
        (hours, minutes) => format!("{hours}\u{a0}h\u{a0}{minutes:02}"),
    }
}

/// « 14 novembre 2026 », « 1er mars 2026 », as the calendar in Paris has it.
pub fn date(time: OffsetDateTime) -> String {
    let date = in_paris(time).date();
    format!("{}\u{a0}{}", day(date), date.year())
}

/// « aujourd’hui », « hier », « 14 novembre », and with its year a date of another one.
pub fn recent_date(time: OffsetDateTime, now: OffsetDateTime) -> String {
    let (then, today) = (in_paris(time).date(), in_paris(now).date());
    match (today - then).get_days() {
        0 => "aujourd’hui".to_owned(),
        1 => "hier".to_owned(),
        _ if then.year() == today.year() => day(then),
        _ => date(time),
    }
}

/// « 0 personne », « 1 personne », « 2 personnes ».
pub fn people(count: usize) -> String {
    let plural = if count > 1 { "s" } else { "" };
    format!("{count}\u{a0}personne{plural}")
}

/// « 14 novembre », « 1er mars ».
pub fn day(date: Date) -> String {
    let month = usize::try_from(date.month() - 1)
        .ok()
        .and_then(|rank| MONTHS.get(rank));
    let first = if date.day() == 1 { "er" } else { "" };
    format!("{}{first}\u{a0}{}", date.day(), month.unwrap_or(&""))
}

/// « 14 novembre 2026 à 9 h 05 », as the clocks in Paris show it.
pub fn moment(time: OffsetDateTime) -> String {
    let paris = in_paris(time);
    let (hour, minute) = (paris.hour(), paris.minute());
    format!("{} à {hour}\u{a0}h\u{a0}{minute:02}", date(time))
}

/// « CC BY-SA 4.0 » for the SPDX identifier `CC-BY-SA-4.0`; any other one as it is.
pub fn licence(spdx: &str) -> String {
    match spdx
        .strip_prefix("CC-")
        .and_then(|rest| rest.rsplit_once('-'))
    {
        Some((terms, version)) => format!("CC\u{a0}{terms}\u{a0}{version}"),
        None => spdx.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    #[test]
    fn only_two_or_more_are_plural() {
        assert_eq!(grains(0), "0\u{a0}grain");
        assert_eq!(grains(1), "1\u{a0}grain");
        assert_eq!(
            grains_of(Progress { done: 2, total: 7 }),
            "2\u{a0}grains sur 7"
        );
    }

    #[test]
    fn more_than_an_hour_is_said_in_hours() {
        assert_eq!(minutes(6), "6\u{a0}min");
        assert_eq!(minutes(120), "2\u{a0}h");
        assert_eq!(minutes(214), "3\u{a0}h\u{a0}34");
        assert_eq!(minutes(61), "1\u{a0}h\u{a0}01");
    }

    #[test]
    fn a_date_is_that_of_paris_in_winter_and_in_summer() {
        assert_eq!(
            date(datetime!(2026-11-13 23:30 UTC)),
            "14\u{a0}novembre\u{a0}2026"
        );
        assert_eq!(
            date(datetime!(2026-06-30 22:30 UTC)),
            "1er\u{a0}juillet\u{a0}2026"
        );
    }

    #[test]
    fn a_moment_is_that_of_the_clocks_in_paris() {
        assert_eq!(
            moment(datetime!(2026-11-14 08:05 UTC)),
            "14\u{a0}novembre\u{a0}2026 à 9\u{a0}h\u{a0}05"
        );
    }

    #[test]
    fn a_recent_date_is_said_from_today_on() {
        let now = datetime!(2026-01-02 09:00 UTC);
        let said = |time| recent_date(time, now);
        assert_eq!(said(datetime!(2026-01-01 23:30 UTC)), "aujourd’hui");
        assert_eq!(said(datetime!(2025-12-31 23:30 UTC)), "hier");
        assert_eq!(
            said(datetime!(2025-12-30 09:00 UTC)),
            "30\u{a0}décembre\u{a0}2025"
        );
        assert_eq!(
            recent_date(
                datetime!(2026-11-14 09:00 UTC),
                datetime!(2026-11-20 09:00 UTC)
            ),
            "14\u{a0}novembre"
        );
    }

    #[test]
    fn a_licence_is_named_as_its_authors_write_it() {
        assert_eq!(licence("CC-BY-SA-4.0"), "CC\u{a0}BY-SA\u{a0}4.0");
        assert_eq!(licence("MIT"), "MIT");
    }
}
