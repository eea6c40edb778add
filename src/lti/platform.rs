//! A platform: the Moodle (or other LMS) that an admin registered.

use std::fmt;

use url::Url;
use uuid::Uuid;

/// Our own key of a platform.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq, serde::Deserialize, serde::Serialize)]
#[serde(transparent)]
pub struct PlatformId(pub Uuid);

/// Our own key of a deployment.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct DeploymentId(pub Uuid);

/// Whether a platform may open the course.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum PlatformStatus {
    /// Registered, and waiting for an admin.
    Pending,
    /// It may.
    Approved,
    /// It may no longer; its learners and their progress stay.
    Suspended,
}

/// One registration: an issuer and the client id it gave us.
#[derive(Clone, Debug)]
pub struct Platform {
    /// Our key.
    pub id: PlatformId,
    /// What admins call it.
    pub name: String,
    /// `iss` of its tokens, byte for byte.
    pub issuer: String,
    /// `aud` of its tokens, `iss` of ours.
    pub client_id: String,
    /// Where a login is sent to (OpenID Connect authorization endpoint).
    pub authorization_url: String,
    /// Where access tokens are asked for.
    pub token_url: String,
    /// Where its public keys are.
    pub jwks_url: String,
    /// Audience of our client assertions, when it is not `token_url`.
    pub token_audience: Option<String>,
    /// Further hosts on which its services may live.
    pub service_hosts: Vec<String>,
    /// Whether it may open the course.
    pub status: PlatformStatus,
    /// Whether an unknown deployment is approved by itself.
    pub accepts_new_deployments: bool,
    /// When scores are sent.
    pub grade_policy: GradePolicy,
    /// Whether a completion that is taken back lowers the grade.
    pub lowers_grades: bool,
}

/// Where a platform has installed us.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Deployment {
    /// Whose it is.
    pub platform: PlatformId,
    /// Its identifier over there.
    pub external_id: String,
    /// Whether it may open the course.
    pub is_approved: bool,
}

/// When scores are sent to a platform.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum GradePolicy {
    /// At each completion.
    Progressive,
    /// Once all grains of the activity are done.
    OnlyWhenComplete,
}

impl PlatformStatus {
    /// As the database writes it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Approved => "approved",
            Self::Suspended => "suspended",
        }
    }

    /// What the database wrote; anything unknown opens nothing.
    pub(super) fn from_text(text: &str) -> Self {
        match text {
            "approved" => Self::Approved,
            "pending" => Self::Pending,
            _ => Self::Suspended,
        }
    }
}

impl fmt::Display for PlatformStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl GradePolicy {
    /// What the database wrote.
    pub(super) fn from_text(text: &str) -> Self {
        match text {
            "only_when_complete" => Self::OnlyWhenComplete,
            _ => Self::Progressive,
        }
    }
}

impl Platform {
    /// Whether it may open the course.
    pub fn is_approved(&self) -> bool {
        self.status == PlatformStatus::Approved
    }

    /// Origins from which its pages post to us and in which we may be framed.
    pub fn origins(&self) -> impl Iterator<Item = String> {
        let mut origins: Vec<_> = [&self.authorization_url, &self.issuer]
            .into_iter()
            .filter_map(|text| Url::parse(text).ok())
            .map(|url| url.origin())
            .filter(url::Origin::is_tuple)
            .map(|origin| origin.ascii_serialization())
            .collect();
        origins.dedup();
        origins.into_iter()
    }

    /// Whether `url` is one of its pages: on one of its origins, or by https on a host that an
    /// admin allowed.
    pub fn has_page(&self, url: &Url) -> bool {
        let origin = url.origin();
        let is_own = || {
            let origin = origin.ascii_serialization();
            self.origins().any(|known| known == origin)
        };
        let is_allowed = || url.scheme() == "https" && self.allows_host(url);
        origin.is_tuple() && (is_own() || is_allowed())
    }

    /// Whether one of its services may live at `url`: on a host of its own addresses, or on one
    /// that an admin allowed.
    pub fn owns(&self, url: &Url) -> bool {
        let own = [
            &self.issuer,
            &self.authorization_url,
            &self.token_url,
            &self.jwks_url,
        ];
        let host = url.host_str();
        host.is_some()
            && (own
                .into_iter()
                .any(|text| Url::parse(text).is_ok_and(|known| known.host_str() == host))
                || self.allows_host(url))
    }

    /// Whether an admin allowed the host of `url` besides those of its own addresses.
    fn allows_host(&self, url: &Url) -> bool {
        let host = url.host_str();
        self.service_hosts
            .iter()
            .any(|known| Some(known.as_str()) == host)
    }
}
