//! Every address of the site, written once. Templates ask [`Urls`]; nobody types an `href`.

use url::form_urlencoded;

use crate::catalogue::Scope;

/// Route patterns, as the router mounts them under each root.
pub mod route {
    /// The course.
    pub const HOME: &str = "/";
    /// One module.
    pub const MODULE: &str = "/modules/{id}";
    /// One sequence.
    pub const SEQUENCE: &str = "/sequences/{id}";
    /// One grain.
    pub const GRAIN: &str = "/grains/{id}";
    /// « Terminer ce grain ».
    pub const COMPLETION: &str = "/grains/{id}/completion";
    /// « Je veux le revoir plus tard ».
    pub const UNDO: &str = "/grains/{id}/completion/undo";
    /// The class of a teacher.
    pub const CLASS: &str = "/class";
    /// The same as a table to take away.
    pub const CLASS_CSV: &str = "/class/export.csv";
    /// The same as xAPI statements.
    pub const CLASS_XAPI: &str = "/class/export.jsonl";
    /// « Envoyer à nouveau ».
    pub const RESENDING: &str = "/class/resending";
    /// The same site below the handle of a session in a frame: its home page…
    pub const FRAME_HOME: &str = "/s/{handle}/";
    /// … and all the rest of it.
    pub const FRAME: &str = "/s/{handle}/{*rest}";
    /// The one-time address of a session.
    pub const ENTRY: &str = "/e/{ticket}";
    /// « Quitter ».
    pub const LEAVE: &str = "/session/end";
    /// What is kept about the learner…
    pub const MY_DATA: &str = "/my-data";
    /// … as one file for programs…
    pub const MY_DATA_JSON: &str = "/my-data/export.json";
    /// … as a table…
    pub const MY_DATA_CSV: &str = "/my-data/export.csv";
    /// … and its end.
    pub const MY_DATA_ERASURE: &str = "/my-data/erasure";
    /// A signed token in the address of a frame.
    pub const EMBED: &str = "/embed";
    /// A platform announces somebody.
    pub const LTI_LOGIN: &str = "/lti/login";
    /// A platform says who it is.
    pub const LTI_LAUNCH: &str = "/lti/launch";
    /// A teacher chooses what to place.
    pub const LTI_DEEP_LINKING: &str = "/lti/deep-linking";
    /// An admin registers a platform.
    pub const LTI_REGISTRATION: &str = "/lti/registration";
    /// Our public keys.
    pub const JWKS: &str = "/.well-known/jwks.json";
    /// Create or find a profile.
    pub const API_PROFILE: &str = "/api/auth/profile";
    /// Read progress, finish a grain.
    pub const API_PROGRESS: &str = "/api/progress";
    /// The description of the API.
    pub const API_DOCUMENT: &str = "/api/openapi.json";
    /// Whether the process lives.
    pub const HEALTH_LIVE: &str = "/health/live";
    /// Whether it can answer with data.
    pub const HEALTH_READY: &str = "/health/ready";
    /// Style-sheets, scripts, fonts, figures.
    pub const ASSET: &str = "/assets/{*path}";
    /// Development only: which build answers.
    pub const DEV_BUILD: &str = "/dev/build";
}

/// Whether a path is one where somebody is let in, and may have to wait.
pub fn is_entrance(path: &str) -> bool {
    path == route::EMBED || path.starts_with("/lti/") || path.starts_with("/e/")
}

/// Whether a page, or a file, is made of many rows.
pub fn is_heavy(path: &str) -> bool {
    let files = [route::MY_DATA_JSON, route::MY_DATA_CSV];
    path.starts_with(route::CLASS) || files.contains(&path)
}

/// The one-time address of a session.
pub fn entry(ticket: &str) -> String {
    format!("/e/{ticket}")
}

/// Without a value, a pair is left out.
fn with_query(path: String, pairs: &[(&str, &str)]) -> String {
    let pairs = pairs.iter().filter(|(_, value)| !value.is_empty());
    let query = form_urlencoded::Serializer::new(String::new())
        .extend_pairs(pairs)
        .finish();
    if query.is_empty() {
        path
    } else {
        format!("{path}?{query}")
    }
}

/// Whether an export names people.
fn names(is_pseudonymous: bool) -> &'static [(&'static str, &'static str)] {
    if is_pseudonymous {
        &[("names", "no")]
    } else {
        &[]
    }
}

/// Builds the addresses of one request: plain, or all below the root of a session in a frame.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Urls {
    root: String,
}

impl Urls {
    /// Addresses below `root`: empty, or `/s/…` without a slash at its end.
    pub fn below(root: impl Into<String>) -> Self {
        Self { root: root.into() }
    }

    /// What stands before each address.
    pub fn root(&self) -> &str {
        &self.root
    }

    /// The course.
    pub fn home(&self) -> String {
        format!("{}/", self.root)
    }

    /// The course, after its last grain was finished.
    pub fn home_after(&self, finished: &str) -> String {
        format!("{}/?finished={finished}", self.root)
    }

    /// One module.
    pub fn module(&self, id: &str) -> String {
        format!("{}/modules/{id}", self.root)
    }

    /// A module, after its last grain was finished.
    pub fn module_after(&self, id: &str, finished: &str) -> String {
        format!("{}/modules/{id}?finished={finished}", self.root)
    }

    /// One sequence.
    pub fn sequence(&self, id: &str) -> String {
        format!("{}/sequences/{id}", self.root)
    }

    /// One grain.
    pub fn grain(&self, id: &str) -> String {
        format!("{}/grains/{id}", self.root)
    }

    /// A grain, after another one was finished.
    pub fn grain_after(&self, id: &str, finished: &str) -> String {
        format!("{}/grains/{id}?finished={finished}", self.root)
    }

    /// Where « Terminer ce grain » is posted.
    pub fn completion(&self, id: &str) -> String {
        format!("{}/grains/{id}/completion", self.root)
    }

    /// Where a completion is taken back.
    pub fn undo(&self, id: &str) -> String {
        format!("{}/grains/{id}/completion/undo", self.root)
    }

    /// The page of a part of the course.
    pub fn of(&self, scope: Scope) -> String {
        match scope {
            Scope::Course => self.home(),
            Scope::Module(id) => self.module(id),
            Scope::Sequence(id) => self.sequence(id),
            Scope::Grain(id) => self.grain(id),
        }
    }

    /// The class of a teacher.
    pub fn class(&self) -> String {
        format!("{}{}", self.root, route::CLASS)
    }

    /// The same, asked for with these pairs; those without a value are left out.
    pub fn class_with(&self, pairs: &[(&str, &str)]) -> String {
        with_query(self.class(), pairs)
    }

    /// The class as a table to take away, with names or without.
    pub fn class_csv(&self, is_pseudonymous: bool) -> String {
        with_query(
            format!("{}{}", self.root, route::CLASS_CSV),
            names(is_pseudonymous),
        )
    }

    /// The class as xAPI statements, with names or without.
    pub fn class_xapi(&self, is_pseudonymous: bool) -> String {
        with_query(
            format!("{}{}", self.root, route::CLASS_XAPI),
            names(is_pseudonymous),
        )
    }

    /// Where refused scores are sent again.
    pub fn resending(&self) -> String {
        format!("{}{}", self.root, route::RESENDING)
    }

    /// Where a teacher chooses what to place.
    pub fn deep_linking(&self) -> String {
        format!("{}{}", self.root, route::LTI_DEEP_LINKING)
    }

    /// Where a session in a frame is ended.
    pub fn leave(&self) -> String {
        format!("{}{}", self.root, route::LEAVE)
    }

    /// What is kept about the learner.
    pub fn my_data(&self) -> String {
        format!("{}{}", self.root, route::MY_DATA)
    }

    /// All of it as JSON.
    pub fn my_data_json(&self) -> String {
        format!("{}{}", self.root, route::MY_DATA_JSON)
    }

    /// All of it as a table.
    pub fn my_data_csv(&self) -> String {
        format!("{}{}", self.root, route::MY_DATA_CSV)
    }

    /// Where its erasure is posted.
    pub fn my_data_erasure(&self) -> String {
        format!("{}{}", self.root, route::MY_DATA_ERASURE)
    }

    /// Where progress is read and grains are finished as JSON.
    pub fn api_progress(&self) -> String {
        format!("{}{}", self.root, route::API_PROGRESS)
    }

    /// The hashed address of an asset, by its logical name (`css/site.css`).
    ///
    /// Assets are the same for all and stand below no root.
    pub fn asset(&self, logical: &str) -> &'static str {
        super::assets::address(logical)
    }
}
