//! Tables for a French spreadsheet: CSV that Excel and Calc open by a double click.
//!
//! UTF-8 with a byte order mark, `;` between cells, CRLF between rows, times as a clock in Paris
//! shows them. What is exported is its caller's; no text becomes a formula here.

use std::borrow::Cow;

use time::OffsetDateTime;

use crate::clock;

/// What tells Excel that the bytes are UTF-8.
const BYTE_ORDER_MARK: &str = "\u{feff}";

/// Media type of a [`table`].
pub const CONTENT_TYPE: &str = "text/csv; charset=utf-8; header=present";

/// A text as a cell that a spreadsheet shows and does not calculate.
///
/// A leading apostrophe goes before what would begin a formula: `=`, `+`, `-`, `@`, a tab or a
/// line break, and the wide forms that East Asian spreadsheets take for them (OWASP, CSV
/// injection). Numbers that may be negative are not for this function.
pub fn cell(text: &str) -> Cow<'_, str> {
    const BEGIN_FORMULAS: [char; 11] = [
        '=', '+', '-', '@', '\t', '\r', '\n', '\u{ff1d}', '\u{ff0b}', '\u{ff0d}', '\u{ff20}',
    ];
    if text.starts_with(BEGIN_FORMULAS) {
        Cow::Owned(format!("'{text}"))
    } else {
        Cow::Borrowed(text)
    }
}

/// A moment as a French spreadsheet reads it, on the clock of Paris: `25/11/2026 08:05`.
pub fn moment(time: OffsetDateTime) -> String {
    let paris = clock::in_paris(time);
    format!(
        "{:02}/{:02}/{:04} {:02}:{:02}",
        paris.day(),
        paris.month(),
        paris.year(),
        paris.hour(),
        paris.minute()
    )
}

/// A whole table, the row of its headings first; every cell goes through [`cell`].
///
/// # Panics
/// Never: memory takes what is written, and rows may differ in length.
pub fn table<Rows>(rows: Rows) -> Vec<u8>
where
    Rows: IntoIterator<Item: IntoIterator<Item: AsRef<str>>>,
{
    let mut table = BYTE_ORDER_MARK.as_bytes().to_vec();
    table.extend(more_rows(rows));
    table
}

/// Further rows of a table that was begun by [`table`], for one that is written piece by piece.
///
/// # Panics
/// Never: memory takes what is written, and rows may differ in length.
pub fn more_rows<Rows>(rows: Rows) -> Vec<u8>
where
    Rows: IntoIterator<Item: IntoIterator<Item: AsRef<str>>>,
{
    let write = || -> csv::Result<Vec<u8>> {
        let mut table = csv::WriterBuilder::new()
            .delimiter(b';')
            .terminator(csv::Terminator::CRLF)
            .flexible(true)
            .from_writer(Vec::new());
        for row in rows {
            for text in row {
                table.write_field(cell(text.as_ref()).as_bytes())?;
            }
            table.write_record(None::<&[u8]>)?;
        }
        table
            .into_inner()
            .map_err(|error| error.into_error().into())
    };
    write().expect("memory takes what is written, and rows may differ in length")
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    #[test]
    fn a_text_that_would_be_calculated_is_shown() {
        for text in [
            "=1+1", "+33 1", "-2", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "＝1",
        ] {
            assert_eq!(cell(text), format!("'{text}"));
        }
        for text in ["", "a=b", "Éva", "'=1", " 12"] {
            assert_eq!(cell(text), text);
        }
    }

    #[test]
    fn a_moment_is_that_of_paris_in_winter_and_in_summer() {
        assert_eq!(
            moment(datetime!(2026-11-25 07:05:59 UTC)),
            "25/11/2026 08:05"
        );
        assert_eq!(moment(datetime!(2026-06-30 22:30 UTC)), "01/07/2026 00:30");
    }

    #[test]
    fn a_table_begins_with_its_mark_and_quotes_what_would_break_it() {
        let written = table([
            vec!["Nom", "Remarque"],
            vec!["Zoé; « dite »", "deux\nlignes"],
            vec!["=cmd|' /C calc'!A0", "un \"mot\""],
        ]);
        assert_eq!(
            String::from_utf8(written).expect("UTF-8"),
            "\u{feff}Nom;Remarque\r\n\"Zoé; « dite »\";\"deux\nlignes\"\r\n\
             '=cmd|' /C calc'!A0;\"un \"\"mot\"\"\"\r\n"
        );
    }
}
