//! What an answer means for the job behind the call: done, refused for good, or to be tried again.
//! Pure.

use reqwest::header::RETRY_AFTER;
use time::{Duration, OffsetDateTime, format_description::well_known::Rfc2822};

use super::ServiceError;
use crate::{
    lti::{
        access::AccessError,
        claims::cleaned,
        client::{ClientError, PlatformAnswer},
    },
    outbox::Postponement,
};

/// How much of a refusal is kept, in characters.
const KEPT_CHARACTERS: usize = 300;

/// Why something that had to be told, or asked, was not.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Failure {
    /// It would be refused again.
    Refused(Refusal),
    /// It may go better later.
    Later(Postponement),
}

/// A refusal, as teachers are told of it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Refusal {
    /// Who refuses, and why.
    pub reason: RefusalReason,
    /// Status of the answer, if there was one.
    pub status: Option<u16>,
    /// What the platform said, cut short.
    pub answer: String,
}

/// Why something is refused for good.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum RefusalReason {
    /// The platform says no.
    Answer,
    /// The platform holds something newer.
    Conflict,
    /// The platform grants no right to it.
    Scope,
    /// The address is on a host that is not the platform's, or none at all.
    Address,
    /// There was no answer for weeks.
    GivenUp,
}

impl RefusalReason {
    /// All of them.
    pub const ALL: [Self; 5] = [
        Self::Answer,
        Self::Conflict,
        Self::Scope,
        Self::Address,
        Self::GivenUp,
    ];

    /// As the database writes it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Answer => "answer",
            Self::Conflict => "conflict",
            Self::Scope => "scope",
            Self::Address => "address",
            Self::GivenUp => "given_up",
        }
    }

    /// What the database wrote.
    pub(in crate::lti) fn from_text(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.as_str() == text)
    }
}

impl Refusal {
    /// A refusal of our own, without an answer.
    pub fn ours(reason: RefusalReason) -> Self {
        Self {
            reason,
            status: None,
            answer: String::new(),
        }
    }
}

impl From<ServiceError> for Failure {
    fn from(error: ServiceError) -> Self {
        let refused = |reason| Self::Refused(Refusal::ours(reason));
        match error {
            ServiceError::ForeignAddress
            | ServiceError::Client(ClientError::Refused(..))
            | ServiceError::Access(
                AccessError::Address | AccessError::Client(ClientError::Refused(..)),
            ) => refused(RefusalReason::Address),
            ServiceError::NotGranted => refused(RefusalReason::Scope),
            ServiceError::Access(AccessError::Refused { ref code, .. })
                if code == "invalid_scope" =>
            {
                refused(RefusalReason::Scope)
            }
            ServiceError::Client(_) | ServiceError::Access(AccessError::Client(_)) => {
                Self::Later(Postponement::of_platform(told(&error)))
            }
            ServiceError::Access(_) => Self::Later(Postponement::of_job(told(&error))),
        }
    }
}

/// An error and those behind it, on one line; addresses in them hold no query.
fn told(error: &ServiceError) -> String {
    let mut text = error.to_string();
    let mut source = std::error::Error::source(error);
    while let Some(error) = source {
        // reqwest writes the whole address.
        if error.downcast_ref::<reqwest::Error>().is_none() {
            text.push_str(": ");
            text.push_str(&error.to_string());
        }
        source = error.source();
    }
    text
}

/// What an answer other than a conflict means; nothing when it is good.
pub(in crate::lti) fn judge(answer: &PlatformAnswer, now: OffsetDateTime) -> Result<(), Failure> {
    let status = answer.status.as_u16();
    let not_before = retry_after(answer, now);
    // 503 is a platform under maintenance, 429 one that has enough: the others fare no better.
    let holds_platform = matches!(status, 429 | 503);
    match status {
        200..=299 => Ok(()),
        // Even with a new token: something is being repaired, or has to be.
        401 | 408 | 425 | 429 | 500..=599 => Err(Failure::Later(Postponement {
            error: format!("the platform answers with status {status}"),
            not_before,
            holds_platform,
        })),
        _ => Err(Failure::Refused(refusal(RefusalReason::Answer, answer))),
    }
}

/// What is kept of a refusal: status, the words after it, the beginning of the body.
pub(in crate::lti) fn refusal(reason: RefusalReason, answer: &PlatformAnswer) -> Refusal {
    let body = String::from_utf8_lossy(&answer.body);
    // Moodle answers with an empty list, or with our own score.
    let body = if body.trim() == "[]" { "" } else { body.trim() };
    let words = answer.reason.as_deref().unwrap_or_default();
    Refusal {
        reason,
        status: Some(answer.status.as_u16()),
        answer: cleaned(&format!("{words} {body}"), KEPT_CHARACTERS).unwrap_or_default(),
    }
}

/// `Retry-After`: seconds, or a date (RFC 9110, section 10.2.3).
fn retry_after(answer: &PlatformAnswer, now: OffsetDateTime) -> Option<Duration> {
    let text = answer.headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    let wait = match text.parse::<u32>() {
        Ok(seconds) => Duration::seconds(i64::from(seconds)),
        Err(_) => OffsetDateTime::parse(text, &Rfc2822).ok()? - now,
    };
    wait.is_positive().then_some(wait)
}

#[cfg(test)]
mod tests {
    use reqwest::{StatusCode, header::HeaderValue};
    use time::macros::datetime;

    use super::*;

    const NOW: OffsetDateTime = datetime!(2026-11-22 10:00 UTC);

    fn answer(status: u16) -> PlatformAnswer {
        PlatformAnswer {
            status: StatusCode::from_u16(status).expect("a status"),
            ..PlatformAnswer::default()
        }
    }

    fn waits(text: &'static str) -> Option<Duration> {
        let mut answer = answer(429);
        answer
            .headers
            .insert(RETRY_AFTER, HeaderValue::from_static(text));
        match judge(&answer, NOW) {
            Err(Failure::Later(postponement)) => {
                assert!(postponement.holds_platform);
                postponement.not_before
            }
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_status_means_good_or_never_or_later() {
        for status in [200, 201, 204] {
            assert_eq!(judge(&answer(status), NOW), Ok(()), "{status}");
        }
        for status in [302, 400, 403, 404, 410, 422] {
            let verdict = judge(&answer(status), NOW);
            assert!(
                matches!(&verdict, Err(Failure::Refused(refusal)) if refusal.status == Some(status)),
                "{verdict:?}"
            );
        }
        for status in [401, 408, 429, 500, 502, 503, 504] {
            let verdict = judge(&answer(status), NOW);
            assert!(matches!(verdict, Err(Failure::Later(_))), "{status}");
        }
    }

    #[test]
    fn retry_after_is_a_number_or_a_date() {
        assert_eq!(waits("120"), Some(Duration::minutes(2)));
        assert_eq!(
            waits("Sun, 22 Nov 2026 10:05:00 GMT"),
            Some(Duration::minutes(5))
        );
        assert_eq!(waits("Sun, 22 Nov 2026 09:00:00 GMT"), None);
        assert_eq!(waits("soon"), None);
        assert_eq!(waits("-3"), None);
    }

    #[test]
    fn a_refusal_keeps_the_words_after_the_status_and_the_beginning_of_the_body() {
        let kept = refusal(
            RefusalReason::Answer,
            &PlatformAnswer {
                reason: Some("Incorrect score received".to_owned()),
                body: b"[]".to_vec(),
                ..answer(400)
            },
        );
        assert_eq!(kept.answer, "Incorrect score received");
        let long = refusal(
            RefusalReason::Answer,
            &PlatformAnswer {
                body: "é\n".repeat(1000).into_bytes(),
                ..answer(400)
            },
        );
        assert_eq!(long.answer, "é".repeat(300));
    }
}
