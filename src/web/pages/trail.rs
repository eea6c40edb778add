//! Where a page stands: the links above its title.

/// The way down to a page.
#[derive(Debug)]
pub(crate) struct Trail {
    /// What is around it, the largest first.
    pub(crate) links: Vec<TrailLink>,
    /// Its own rank.
    pub(crate) here: String,
}

/// One step of the way.
#[derive(Debug)]
pub(crate) struct TrailLink {
    /// « Module 2 ».
    pub(crate) label: String,
    /// Its page.
    pub(crate) href: String,
}

impl Trail {
    /// A trail that ends at `here`.
    pub(crate) fn to(here: String) -> Self {
        Self {
            links: Vec::with_capacity(2),
            here,
        }
    }

    /// Adds a link before the end.
    pub(crate) fn through(mut self, label: String, href: String) -> Self {
        self.links.push(TrailLink { label, href });
        self
    }
}
