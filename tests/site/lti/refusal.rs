//! What all refusals have in common, held against each of them.

use super::row::{Log, assert_logged, assert_refused};
use crate::support::{Answer, TestSite};

/// What no refusal adds to.
const ROWS: [&str; 5] = [
    "SELECT count(*) FROM internal.sessions",
    "SELECT count(*) FROM users",
    "SELECT count(*) FROM lti_contexts",
    "SELECT count(*) FROM lti_resource_links",
    "SELECT count(*) FROM lti_memberships",
];

/// Parameters shorter than this are found in a page by chance.
const TELLING: usize = 8;

/// The site before the requests that it must refuse, its log open.
pub(super) struct Refusals<'a> {
    site: &'a TestSite,
    before: [i64; ROWS.len()],
    log: Log,
}

impl<'a> Refusals<'a> {
    /// Notes what stands in the database.
    pub(super) async fn of(site: &'a TestSite) -> Self {
        Self {
            site,
            before: counts(site).await,
            log: Log::listen(),
        }
    }

    /// Holds an answer against what all refusals have in common: this status, a French page with
    /// this code and the id of the request, one line of the log that names the check; nothing
    /// opened, nobody named, nothing repeated.
    pub(super) async fn check(&self, answer: &Answer, status: u16, code: &str) {
        let Answer { text, sent, .. } = answer;
        assert_eq!(answer.status.as_u16(), status, "{code}: {text}");
        assert_refused(answer, code);
        let secrets: Vec<_> = sent
            .iter()
            .map(String::as_str)
            .filter(|value| value.len() >= TELLING)
            .collect();
        for secret in secrets
            .iter()
            .chain(&["eyJ", "Lefèvre", "@example.test", "hush"])
        {
            assert!(!text.contains(secret), "{code} repeats {secret}");
        }
        assert_logged(&self.log.lines(), answer, code, &secrets);
        assert_eq!(counts(self.site).await, self.before, "{code} opens nothing");
    }
}

async fn counts(site: &TestSite) -> [i64; ROWS.len()] {
    let mut counts = [0; ROWS.len()];
    for (count, sql) in counts.iter_mut().zip(ROWS) {
        *count = site.count(sql).await;
    }
    counts
}
