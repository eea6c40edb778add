//! What is sent, whether it is sent, and where to. All of it pure.

use serde_json::json;
use time::{Duration, OffsetDateTime, format_description::well_known::Rfc3339};
use url::Url;

use crate::lti::{GradePolicy, Platform};

/// Living grains of a scope that a learner has done.
///
/// Shape: `given <= maximum`; a scope that the course no longer has is `0 / 0`.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Score {
    /// `scoreGiven`: grains done.
    pub given: u32,
    /// `scoreMaximum`: grains in all.
    pub maximum: u32,
}

impl Score {
    /// Whether nothing is left to do.
    pub fn is_complete(self) -> bool {
        self.maximum > 0 && self.given >= self.maximum
    }

    /// Whether the platform would show less than for `other`: it shows shares.
    fn is_below(self, other: Self) -> bool {
        self.share_of(other.maximum) < other.share_of(self.maximum)
    }

    fn share_of(self, maximum: u32) -> u64 {
        u64::from(self.given) * u64::from(maximum)
    }
}

/// Whether a score is to be sent, given what the column accepted last: never what it shows
/// already, never less than that unless the platform wants it so.
pub fn decide(platform: &Platform, score: Score, sent: Option<Score>) -> bool {
    if score.maximum == 0 {
        return false;
    }
    match sent {
        // Nothing was ever sent: a score of nothing says no more than an empty cell.
        None if score.given == 0 => false,
        None => platform.grade_policy == GradePolicy::Progressive || score.is_complete(),
        Some(sent) if score.is_below(sent) => platform.lowers_grades,
        Some(sent) => {
            sent.is_below(score)
                && (platform.grade_policy == GradePolicy::Progressive || score.is_complete())
        }
    }
}

/// The timestamp of a score: now, but later by a second at least than the last one that was
/// accepted. Whole seconds, since Moodle cuts it to these and then compares.
pub(super) fn timestamp(now: OffsetDateTime, last: Option<OffsetDateTime>) -> OffsetDateTime {
    let now = whole_seconds(now);
    last.map_or(now, |last| now.max(whole_seconds(last) + Duration::SECOND))
}

fn whole_seconds(time: OffsetDateTime) -> OffsetDateTime {
    time.replace_nanosecond(0).unwrap_or(time)
}

/// The score as it travels (AGS 2.0, section 3.4). Moodle erases a grade when anything but
/// `FullyGraded` comes.
pub(super) fn body(score: Score, learner: &str, timestamp: OffsetDateTime) -> String {
    let progress = if score.is_complete() {
        "Completed"
    } else {
        "InProgress"
    };
    let timestamp = timestamp.to_offset(time::UtcOffset::UTC);
    json!({
        "userId": learner,
        "scoreGiven": score.given,
        "scoreMaximum": score.maximum,
        "activityProgress": progress,
        "gradingProgress": "FullyGraded",
        "timestamp": timestamp.format(&Rfc3339).unwrap_or_default(),
    })
    .to_string()
}

/// The address of the scores or results of a line item: before its query, which it keeps.
pub(super) fn below(line_item: &Url, name: &str) -> Url {
    let mut url = line_item.clone();
    url.set_path(&format!(
        "{}/{name}",
        line_item.path().trim_end_matches('/')
    ));
    url.set_fragment(None);
    url
}

#[cfg(test)]
mod tests {
    use serde_json::Value;
    use time::macros::datetime;
    use uuid::Uuid;

    use super::*;
    use crate::lti::{PlatformId, PlatformStatus};

    fn platform(grade_policy: GradePolicy, lowers_grades: bool) -> Platform {
        Platform {
            id: PlatformId(Uuid::nil()),
            name: "Moodle".to_owned(),
            issuer: "https://moodle.test".to_owned(),
            client_id: "client".to_owned(),
            authorization_url: "https://moodle.test/auth.php".to_owned(),
            token_url: "https://moodle.test/token.php".to_owned(),
            jwks_url: "https://moodle.test/certs.php".to_owned(),
            token_audience: None,
            service_hosts: Vec::new(),
            status: PlatformStatus::Approved,
            accepts_new_deployments: false,
            grade_policy,
            lowers_grades,
        }
    }

    fn score(given: u32, maximum: u32) -> Score {
        Score { given, maximum }
    }

    #[test]
    fn progressive_sends_whatever_is_more() {
        let platform = platform(GradePolicy::Progressive, false);
        assert!(decide(&platform, score(1, 12), None));
        assert!(!decide(&platform, score(0, 12), None));
        assert!(!decide(&platform, score(0, 0), None));
        assert!(decide(&platform, score(2, 12), Some(score(1, 12))));
        assert!(!decide(&platform, score(2, 12), Some(score(2, 12))));
        assert!(!decide(&platform, score(1, 12), Some(score(2, 12))));
        assert!(!decide(&platform, score(0, 12), Some(score(2, 12))));
    }

    #[test]
    fn only_when_complete_waits_for_the_last_grain() {
        let platform = platform(GradePolicy::OnlyWhenComplete, false);
        assert!(!decide(&platform, score(11, 12), None));
        assert!(decide(&platform, score(12, 12), None));
        assert!(!decide(&platform, score(2, 12), Some(score(1, 12))));
        assert!(!decide(&platform, score(11, 12), Some(score(12, 12))));
    }

    #[test]
    fn a_grade_is_lowered_only_where_the_platform_wants_it() {
        for policy in [GradePolicy::Progressive, GradePolicy::OnlyWhenComplete] {
            let lowering = platform(policy, true);
            assert!(decide(&lowering, score(11, 12), Some(score(12, 12))));
            assert!(decide(&lowering, score(0, 12), Some(score(12, 12))));
        }
    }

    #[test]
    fn what_counts_is_the_share_when_the_course_has_grown() {
        let platform = platform(GradePolicy::Progressive, false);
        assert!(!decide(&platform, score(12, 13), Some(score(12, 12))));
        assert!(!decide(&platform, score(6, 12), Some(score(3, 6))));
        assert!(decide(&platform, score(7, 12), Some(score(3, 6))));
    }

    #[test]
    fn timestamps_rise_by_a_whole_second() {
        let now = datetime!(2026-11-22 10:00:05.9 UTC);
        assert_eq!(timestamp(now, None), datetime!(2026-11-22 10:00:05 UTC));
        for (last, next) in [
            (
                datetime!(2026-11-22 10:00:05.1 UTC),
                datetime!(2026-11-22 10:00:06 UTC),
            ),
            (
                datetime!(2026-11-22 10:00:04.9 UTC),
                datetime!(2026-11-22 10:00:05 UTC),
            ),
            (
                datetime!(2026-11-22 10:00:09 UTC),
                datetime!(2026-11-22 10:00:10 UTC),
            ),
        ] {
            assert_eq!(timestamp(now, Some(last)), next, "{last}");
        }
    }

    #[test]
    fn a_score_is_always_fully_graded_and_in_utc() {
        let at = datetime!(2026-11-22 11:45:40 +01:00);
        let body: Value = serde_json::from_str(&body(score(12, 12), "4", at)).expect("JSON");
        assert_eq!(
            body,
            json!({
                "userId": "4", "scoreGiven": 12, "scoreMaximum": 12, "activityProgress": "Completed",
                "gradingProgress": "FullyGraded", "timestamp": "2026-11-22T10:45:40Z"
            })
        );
    }

    #[test]
    fn scores_stand_before_the_query() {
        let at = |text: &str| below(&Url::parse(text).expect("an address"), "scores").to_string();
        assert_eq!(
            at("https://moodle.test/2/lineitems/6/lineitem?type_id=4"),
            "https://moodle.test/2/lineitems/6/lineitem/scores?type_id=4"
        );
        assert_eq!(at("https://m.test/a/#b"), "https://m.test/a/scores");
    }
}
