//! Scores sent to a gradebook column (AGS 2.0), by the rules that Moodle was seen to hold.
//!
//! What to send is `score.rs`, all of it pure; what the column holds, `results.rs`; what was sent
//! or refused, `store.rs`. What a learner has done is `progress`, which calls this.
//! <https://www.imsglobal.org/spec/lti-ags/v2p0>

mod results;
mod score;
pub mod store;

use reqwest::Method;
use time::{Duration, OffsetDateTime};
use url::Url;

use super::{
    Platform,
    access::scope,
    services::{Failure, Refusal, RefusalReason, ServiceRequest, Services, judge, refusal},
};
pub use score::{Score, decide};

/// A timestamp of the platform further ahead than this is not followed: the column stays locked
/// until then, whoever locked it.
const MAX_AHEAD: Duration = Duration::hours(1);

/// A learner's place in a gradebook column.
#[derive(Clone, Debug)]
pub struct Cell {
    /// Address of the column.
    pub line_item_url: Url,
    /// Whether its results may be read.
    pub can_read_results: bool,
    /// Who the learner is at the platform.
    pub learner: String,
    /// Timestamp of the last score that it accepted, UTC.
    pub last_timestamp: Option<OffsetDateTime>,
}

/// Sends a score, and returns the timestamp of what the column holds from now on.
///
/// A column that holds something as new already (409) is read: what is as good is left alone, what
/// is lower is tried once more.
///
/// # Errors
/// [`Failure`]: refused for good, or to be tried again.
pub async fn send(
    services: &Services,
    platform: &Platform,
    cell: &Cell,
    score: Score,
) -> Result<OffsetDateTime, Failure> {
    let timestamp = score::timestamp(services.now(), cell.last_timestamp);
    if post(services, platform, cell, score, timestamp)
        .await?
        .is_none()
    {
        return Ok(timestamp);
    }
    let held = if cell.can_read_results {
        results::find(services, platform, cell).await?
    } else {
        None
    };
    let now = services.now();
    let theirs = held.as_ref().and_then(|held| held.timestamp);
    let theirs = theirs.filter(|theirs| *theirs <= now + MAX_AHEAD);
    if held.is_some_and(|held| held.is_as_good_as(score)) {
        return Ok(theirs.map_or(timestamp, |theirs| theirs.max(timestamp)));
    }
    let later = score::timestamp(now, Some(theirs.map_or(timestamp, |at| at.max(timestamp))));
    match post(services, platform, cell, score, later).await? {
        None => Ok(later),
        Some(conflict) => Err(Failure::Refused(conflict)),
    }
}

/// Posts a score; the refusal that a conflict would be, when it is one.
async fn post(
    services: &Services,
    platform: &Platform,
    cell: &Cell,
    score: Score,
    timestamp: OffsetDateTime,
) -> Result<Option<Refusal>, Failure> {
    let request = ServiceRequest {
        method: Method::POST,
        url: score::below(&cell.line_item_url, "scores"),
        scopes: scopes(cell),
        needs: scope::SCORE,
        media_type: "application/vnd.ims.lis.v1.score+json",
        body: score::body(score, &cell.learner, timestamp).into_bytes(),
    };
    let answer = services.call(platform, &request).await?;
    if answer.status == 409 {
        return Ok(Some(refusal(RefusalReason::Conflict, &answer)));
    }
    judge(&answer, services.now())?;
    Ok(None)
}

/// One token for both calls.
fn scopes(cell: &Cell) -> &'static [&'static str] {
    if cell.can_read_results {
        &[scope::SCORE, scope::RESULTS]
    } else {
        &[scope::SCORE]
    }
}
