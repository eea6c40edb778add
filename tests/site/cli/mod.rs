//! What an operator types, each command as a process of its own.

mod health;
mod merging;
mod platforms;
mod retention;
mod tokens;

use std::process::Output;

use sqlx::PgPool;

use crate::{
    process::{run, text, url},
    support::EMBED_SECRET,
};

const KEY: &str = "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=";
const OTHER_KEY: &str = "ZmVkY2JhOTg3NjU0MzIxMGZlZGNiYTk4NzY1NDMyMTA=";
const SITE: &str = "https://cours.example.org";

/// The program in production, with nothing but its settings and a database.
struct Operator {
    database: String,
    key: &'static str,
    retention: &'static str,
}

impl Operator {
    fn new(pool: &PgPool) -> Self {
        Self {
            database: url(pool),
            key: KEY,
            retention: "",
        }
    }

    fn types(&self, line: &[&str]) -> Output {
        let variables = [
            ("DATABASE_URL", self.database.as_str()),
            ("API_URL", SITE),
            ("SECRET_KEY", self.key),
            ("EMBED_TOKEN_SECRET", EMBED_SECRET),
            ("LTI_ALLOW_PRIVATE_NETWORKS", "true"),
            ("RETENTION_MONTHS", self.retention),
        ];
        run(line, &variables)
    }

    /// What a command writes to standard output; it must succeed.
    fn reads(&self, line: &[&str]) -> String {
        let output = self.types(line);
        assert!(
            output.status.success(),
            "{line:?}: {}",
            text(&output.stderr)
        );
        text(&output.stdout)
    }

    /// What a command complains of; it must end with 1 and write nothing to standard output.
    fn is_refused(&self, line: &[&str]) -> String {
        let output = self.types(line);
        assert_eq!(
            output.status.code(),
            Some(1),
            "{line:?}: {}",
            text(&output.stdout)
        );
        assert_eq!(text(&output.stdout), "");
        text(&output.stderr)
    }
}
