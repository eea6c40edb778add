//! The class list of a context (NRPS 2.0): read from the platform, kept, and read again when a
//! teacher comes and it is some minutes old. Learners who never came are known by it.
//!
//! What a list says is `member.rs`, pure; where it is kept, `store.rs`.
//! <https://www.imsglobal.org/spec/lti-nrps/v2p0>

mod member;
pub mod store;

use reqwest::Method;
use serde::Deserialize;
use serde_json::Value;
use sqlx::{Connection, PgConnection};
use time::{Duration, OffsetDateTime};
use url::Url;
use uuid::Uuid;

use super::{
    ContextId, Platform, PlatformId,
    access::scope,
    services::{Failure, MAX_PAGES, Refusal, RefusalReason, ServiceRequest, Services, walk},
    store::find_platform,
};
use crate::{
    db::Database,
    outbox::{self, JobKind, NewJob, Outcome},
};

pub use member::{Member, members};

/// A list that was read this long ago is read again.
pub const FRESH: Duration = Duration::minutes(10);

/// How many members of one list are kept at most.
pub const MAX_MEMBERS: usize = 5_000;

/// How many members are asked for at once: the answer stays far below the size that is read.
const PAGE: usize = MAX_MEMBERS / MAX_PAGES;

/// A list that fails this often is left alone until a teacher comes again.
const MAX_ATTEMPTS: i32 = 5;

/// A list as it was read.
#[derive(Debug, Default)]
struct Roster {
    members: Vec<Member>,
    /// Whether it was read to its end.
    is_whole: bool,
}

/// Queues the reading of a context's list, in the caller's transaction, when there is one and it
/// is not fresh; tells whether it did.
///
/// # Errors
/// Those of the database.
pub async fn request(
    conn: &mut PgConnection,
    platform: PlatformId,
    context: ContextId,
    now: OffsetDateTime,
) -> sqlx::Result<bool> {
    let is_due = store::is_roster_due(conn, context, now - FRESH).await?;
    if is_due {
        let job = NewJob {
            kind: JobKind::Roster,
            subject: context.0,
            learner: None,
            platform: platform.0,
        };
        outbox::enqueue(conn, &[job], now).await?;
    }
    Ok(is_due)
}

/// Reads the list of a context and keeps it; one that cannot be read leaves the old one alone.
///
/// # Errors
/// Those of the database.
pub async fn refresh(
    services: &Services,
    db: &Database,
    context: Uuid,
    attempt: i32,
) -> sqlx::Result<Outcome> {
    let context = ContextId(context);
    let mut conn = db.acquire().await?;
    let source = store::find_source(&mut conn, context).await?;
    let (platform, url) = match source {
        Some((platform, url)) => (find_platform(&mut conn, platform).await?, url),
        None => (None, String::new()),
    };
    conn.keep().await?;
    let Some(platform) = platform else {
        return Ok(Outcome::Done);
    };
    let started_at = services.now();
    match read(services, &platform, &url).await {
        Ok(roster) => {
            record(db, context, &platform, &roster, started_at).await?;
            Ok(Outcome::Done)
        }
        Err(Failure::Later(postponement)) if attempt < MAX_ATTEMPTS => {
            Ok(Outcome::Later(postponement))
        }
        Err(failure) => {
            let sentence = sentence(&failure);
            tracing::warn!(platform.id = %platform.id.0, reason = sentence, "a class list is not read");
            let mut conn = db.acquire().await?;
            store::mark_failed(&mut conn, context, &sentence, services.now()).await?;
            conn.keep().await?;
            Ok(Outcome::Done)
        }
    }
}

/// Reads all pages of a list.
async fn read(services: &Services, platform: &Platform, url: &str) -> Result<Roster, Failure> {
    #[derive(Deserialize)]
    struct Page {
        members: Vec<Value>,
    }
    let Ok(mut url) = Url::parse(url) else {
        return Err(Failure::Refused(Refusal::ours(RefusalReason::Address)));
    };
    url.query_pairs_mut()
        .append_pair("limit", &PAGE.to_string());
    let request = ServiceRequest {
        method: Method::GET,
        url,
        scopes: &[scope::ROSTER],
        needs: scope::ROSTER,
        media_type: "application/vnd.ims.lti-nrps.v2.membershipcontainer+json",
        body: Vec::new(),
    };
    let mut roster = Roster::default();
    roster.is_whole = walk(services, platform, request, |answer| {
        let page: Page = serde_json::from_slice(&answer.body)?;
        roster.members.extend(members(&page.members));
        Ok(roster.members.len() < MAX_MEMBERS)
    })
    .await?;
    if roster.members.len() > MAX_MEMBERS {
        roster.members.truncate(MAX_MEMBERS);
        roster.is_whole = false;
    }
    Ok(roster)
}

/// Writes a list, in one transaction. `started_at` is when its reading began: who came since
/// is not taken for gone.
async fn record(
    db: &Database,
    context: ContextId,
    platform: &Platform,
    roster: &Roster,
    started_at: OffsetDateTime,
) -> sqlx::Result<()> {
    let mut conn = db.acquire().await?;
    let mut transaction = conn.begin().await?;
    let Roster { members, is_whole } = roster;
    store::upsert_members(&mut transaction, platform.id, members).await?;
    store::upsert_roster_memberships(&mut transaction, platform.id, context, members).await?;
    if *is_whole {
        store::mark_absent_inactive(&mut transaction, platform.id, context, members, started_at)
            .await?;
    } else {
        tracing::warn!(context.id = %context.0, members = members.len(), "a class list is not read to its end");
    }
    store::mark_read(&mut transaction, context, started_at).await?;
    transaction.commit().await?;
    conn.keep().await?;
    Ok(())
}

/// What admins are told.
fn sentence(failure: &Failure) -> String {
    match failure {
        Failure::Later(postponement) => postponement.error.clone(),
        Failure::Refused(Refusal {
            reason: RefusalReason::Scope,
            ..
        }) => "the platform grants no right to read it".to_owned(),
        Failure::Refused(Refusal {
            status: Some(status),
            answer,
            ..
        }) => format!("the platform answers with status {status}: {answer}"),
        Failure::Refused(_) => "its address is not the platform's".to_owned(),
    }
}
