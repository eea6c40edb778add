//! What a gradebook column holds of a learner (AGS 2.0, section 3.3).

use reqwest::Method;
use serde::Deserialize;
use serde_json::Value;
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

use super::{Cell, Score, scopes, score};
use crate::lti::{
    Platform,
    access::scope,
    services::{Failure, RefusalReason, ServiceRequest, Services, walk},
};

/// What the column holds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Held {
    /// Share of the maximum, from 0 to 1 and more.
    share: f64,
    /// When it was given; Moodle tells it, the standard does not.
    pub(super) timestamp: Option<OffsetDateTime>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Entry {
    user_id: Value,
    result_score: Option<f64>,
    result_maximum: Option<f64>,
    timestamp: Option<String>,
}

impl Held {
    /// Whether sending `score` would not raise it.
    pub(super) fn is_as_good_as(self, score: Score) -> bool {
        /// Platforms keep a few decimals.
        const TOLERANCE: f64 = 1e-4;
        self.share + TOLERANCE >= f64::from(score.given) / f64::from(score.maximum.max(1))
    }

    fn from_entry(entry: &Entry) -> Option<Self> {
        let maximum = entry.result_maximum.filter(|maximum| *maximum > 0.0);
        Some(Self {
            share: entry.result_score? / maximum.unwrap_or(1.0),
            timestamp: entry
                .timestamp
                .as_deref()
                .and_then(|text| OffsetDateTime::parse(text, &Rfc3339).ok()),
        })
    }
}

/// Reads what the column holds of the learner; nothing when it holds nothing, or gives no right
/// to look.
///
/// # Errors
/// [`Failure`].
pub(super) async fn find(
    services: &Services,
    platform: &Platform,
    cell: &Cell,
) -> Result<Option<Held>, Failure> {
    let mut url = score::below(&cell.line_item_url, "results");
    url.query_pairs_mut().append_pair("user_id", &cell.learner);
    let request = ServiceRequest {
        method: Method::GET,
        url,
        scopes: scopes(cell),
        needs: scope::RESULTS,
        media_type: "application/vnd.ims.lis.v2.resultcontainer+json",
        body: Vec::new(),
    };
    let mut found = None;
    let walked = walk(services, platform, request, |answer| {
        let entries: Vec<Value> = serde_json::from_slice(&answer.body)?;
        // Platforms that do not know the filter send the results of all.
        found = entries
            .iter()
            .filter_map(|entry| Entry::deserialize(entry).ok())
            .find(|entry| is_of(entry, &cell.learner));
        Ok(found.is_none())
    });
    match walked.await {
        Ok(_) => Ok(found.as_ref().and_then(Held::from_entry)),
        Err(Failure::Refused(refusal)) if refusal.reason == RefusalReason::Scope => Ok(None),
        Err(failure) => Err(failure),
    }
}

/// The identifier is a text, but a number in the hands of some platforms.
fn is_of(entry: &Entry, learner: &str) -> bool {
    match &entry.user_id {
        Value::String(text) => text == learner,
        Value::Number(number) => number.to_string() == learner,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use time::macros::datetime;

    use super::*;

    fn held(entry: &Value) -> Option<Held> {
        Held::from_entry(&Entry::deserialize(entry).expect("an entry"))
    }

    #[test]
    fn a_result_is_compared_by_its_share() {
        let result = held(&json!({
            "userId": "4", "resultScore": 8.33333, "resultMaximum": 20, "timestamp": "2026-11-22T11:45:40+01:00"
        }))
        .expect("a result");
        assert_eq!(result.timestamp, Some(datetime!(2026-11-22 10:45:40 UTC)));
        assert!(result.is_as_good_as(Score {
            given: 5,
            maximum: 12
        }));
        assert!(!result.is_as_good_as(Score {
            given: 6,
            maximum: 12
        }));
    }

    #[test]
    fn a_result_without_a_score_is_none() {
        assert_eq!(held(&json!({ "userId": 4, "resultMaximum": 20 })), None);
        let bare = held(&json!({ "userId": 4, "resultScore": 1, "timestamp": "yesterday" }));
        assert_eq!(
            bare,
            Some(Held {
                share: 1.0,
                timestamp: None
            })
        );
    }
}
