//! Development only: which build answers, and why the next one does not.
//!
//! The script `dev-reload.js` asks a few times a second and reloads the page when another
//! process answers.

use axum::Json;
use serde::Serialize;

/// Where `bin/dev` writes what the compiler says of a build that failed.
const FAULT_FILE: &str = ".data/dev/build-error.txt";

/// The build that answers.
#[derive(Debug, Serialize)]
pub(crate) struct Build {
    /// Changes at each start.
    id: u32,
    /// Why the newest sources are not what answers: file, line and reason.
    fault: Option<String>,
}

/// `GET /dev/build`
pub(crate) async fn show() -> Json<Build> {
    let fault = std::fs::read_to_string(FAULT_FILE).ok();
    Json(Build {
        id: std::process::id(),
        fault: fault.filter(|text| !text.trim().is_empty()),
    })
}
