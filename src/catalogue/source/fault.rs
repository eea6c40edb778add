//! What is wrong in a course folder, said to its author.

use std::fmt;

/// One thing to mend, worded in French for the author of the course.
///
/// Shape: prints as `file:line: what is wrong. How to mend it.` on one line.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Fault {
    /// Path from the course folder, with `/` on every system.
    pub(crate) file: String,
    /// Line counted from 1; 1 when the whole file is meant.
    pub(crate) line: usize,
    /// What is wrong: a sentence with its full stop.
    pub(crate) what: String,
    /// How to mend it: a sentence with its full stop.
    pub(crate) mend: String,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            file,
            line,
            what,
            mend,
        } = self;
        write!(f, "{file}:{line}: {what} {mend}")
    }
}

/// The faults found so far: reading goes on after each, so that all are told at once.
#[derive(Debug, Default)]
pub(crate) struct Faults(Vec<Fault>);

impl Faults {
    /// Notes a fault at a line of a file.
    pub(crate) fn note(
        &mut self,
        file: &str,
        line: usize,
        what: impl Into<String>,
        mend: impl Into<String>,
    ) {
        self.0.push(Fault {
            file: file.to_owned(),
            line,
            what: what.into(),
            mend: mend.into(),
        });
    }

    /// All faults by file and line, the table of contents first.
    pub(crate) fn into_sorted(mut self) -> Vec<Fault> {
        self.0.sort_by(|a, b| {
            let key = |fault: &Fault| {
                (
                    fault.file != super::CONTENTS,
                    fault.file.clone(),
                    fault.line,
                )
            };
            key(a).cmp(&key(b))
        });
        self.0.dedup();
        self.0
    }
}

/// A text file of the course with its place in the folder.
#[derive(Debug)]
pub(crate) struct Source {
    /// Path from the course folder, with `/` on every system.
    pub(crate) file: String,
    /// The text, its line ends brought to `\n` and without a byte order mark.
    pub(crate) text: String,
}

impl Source {
    /// The line of a byte of the text, counted from 1.
    pub(crate) fn line(&self, offset: usize) -> usize {
        line_after(&self.text.as_bytes()[..offset.min(self.text.len())])
    }

    /// Notes a fault at a byte of the text.
    pub(crate) fn fault(
        &self,
        faults: &mut Faults,
        offset: usize,
        what: impl Into<String>,
        mend: impl Into<String>,
    ) {
        faults.note(&self.file, self.line(offset), what, mend);
    }
}

/// The line, counted from 1, of what comes after these bytes.
pub(crate) fn line_after(bytes: &[u8]) -> usize {
    bytes.split(|&byte| byte == b'\n').count()
}

/// The text between French quotation marks.
pub(crate) fn quoted(text: &str) -> String {
    format!("«\u{a0}{text}\u{a0}»")
}
