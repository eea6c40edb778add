//! The text of each grain, as its author wrote it.
//!
//! The table is written by `build/course.rs`: a grain without askama tags is a constant, a
//! grain with tags is a template that sees nothing but the frame.

use std::fmt;

use askama::filters::HtmlSafe;
use askama::{FastWritable, Values};

use crate::web::frame::Frame;

include!(concat!(env!("OUT_DIR"), "/grains.rs"));

type WriteGrain = fn(&Frame, &mut dyn fmt::Write) -> askama::Result<()>;

/// The text of one grain. A template shows it by `{{ text.within(frame) }}`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct GrainText(WriteGrain);

impl GrainText {
    /// The text of the grain of this id, if the course has it.
    pub(crate) fn find(id: &str) -> Option<Self> {
        let rank = GRAINS
            .binary_search_by(|(known, _)| (*known).cmp(id))
            .ok()?;
        GRAINS.get(rank).map(|&(_, write)| Self(write))
    }

    /// The text in the page that surrounds it.
    pub(crate) fn within(self, frame: &Frame) -> GrainInFrame<'_> {
        GrainInFrame { text: self, frame }
    }
}

/// The text of a grain in its page: HTML, written straight into the page.
#[derive(Clone, Copy, Debug)]
pub(crate) struct GrainInFrame<'a> {
    text: GrainText,
    frame: &'a Frame,
}

impl FastWritable for GrainInFrame<'_> {
    fn write_into(&self, out: &mut dyn fmt::Write, _: &dyn Values) -> askama::Result<()> {
        (self.text.0)(self.frame, out)
    }
}

impl fmt::Display for GrainInFrame<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (self.text.0)(self.frame, f).map_err(|_| fmt::Error)
    }
}

/// Authors' HTML was checked by the build, and what it shows of the frame is escaped.
impl HtmlSafe for GrainInFrame<'_> {}
