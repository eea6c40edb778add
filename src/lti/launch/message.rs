//! What a verified launch says: who, as what, where, and what is to be opened.

use serde_json::Value;
use url::Url;

use super::{DeepLinkingSettings, Expected, LaunchError, dialog};
use crate::{
    catalogue::{Catalogue, Scope},
    learner::{MoodleUserId, Told},
    lti::{
        Platform, Role,
        access::scope,
        claims::{Claims, name},
    },
};

/// So much of what is asked for in vain is repeated to a teacher.
const MAX_SHOWN_CHARACTERS: usize = 60;

/// A launch, all checks passed.
#[derive(Clone, Debug)]
pub struct Launch {
    /// Where the tool is installed, in words of the platform.
    pub deployment: String,
    /// Who it is at the platform.
    pub subject: MoodleUserId,
    /// Their name, when it is told.
    pub name: Option<String>,
    /// Their family name, when it is told.
    pub family_name: Option<String>,
    /// Their e-mail address, when it is told.
    pub email: Option<String>,
    /// What they are in the context.
    pub role: Role,
    /// The course over there, when there is one.
    pub context: Option<Context>,
    /// How and where the page is shown.
    pub presentation: Presentation,
    /// What is to be done.
    pub message: Message,
}

impl Launch {
    /// What it tells of the person.
    pub fn told(&self) -> Told<'_> {
        Told {
            email: self.email.as_deref(),
            name: self.name.as_deref(),
            family_name: self.family_name.as_deref(),
        }
    }
}

/// What is to be done.
#[derive(Clone, Debug)]
pub enum Message {
    /// Open an activity.
    ResourceLink(ResourceLink),
    /// Let a teacher choose what to place.
    DeepLinking(DeepLinkingSettings),
}

/// An activity placed in a course over there.
#[derive(Clone, Debug)]
pub struct ResourceLink {
    /// Its identifier over there.
    pub id: String,
    /// Its title over there.
    pub title: Option<String>,
    /// The part of our course that it opens.
    pub wanted: Wanted,
    /// Its gradebook column, when grades are enabled.
    pub gradebook: Option<Gradebook>,
}

/// The part of our course that an activity asks for.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Wanted {
    /// `course`, `module`, `sequence` or `grain`.
    pub kind: &'static str,
    /// Which one; `None` for the course.
    pub id: Option<String>,
}

/// A gradebook column (AGS 2.0, section 3.2).
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Gradebook {
    /// Address of the line item.
    pub line_item_url: Url,
    /// Whether its results may be read.
    pub can_read_results: bool,
}

/// A course over there.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Context {
    /// Its identifier over there.
    pub id: String,
    /// Its short name.
    pub label: Option<String>,
    /// Its title.
    pub title: Option<String>,
    /// Where its class list is read.
    pub memberships_url: Option<Url>,
}

/// How and where the page is shown (LTI 1.3 core, section 5.4.4).
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Presentation {
    /// Whether the page stands in a frame of the platform's page.
    pub is_framed: bool,
    /// The way back to the course over there.
    pub return_url: Option<String>,
}

impl Wanted {
    /// What one of our addresses asks for; any that names no part asks for the course.
    pub fn from_path(path: &str) -> Self {
        let mut segments = path.trim_matches('/').split('/');
        let (kind, id) = match (segments.next(), segments.next(), segments.next()) {
            (Some("grains"), Some(id), None) => ("grain", Some(id)),
            (Some("sequences"), Some(id), None) => ("sequence", Some(id)),
            (Some("modules"), Some(id), None) => ("module", Some(id)),
            _ => ("course", None),
        };
        Self {
            kind,
            id: id.map(str::to_owned),
        }
    }

    /// The part of the course, if it is there.
    ///
    /// # Errors
    /// [`LaunchError::UnknownScope`] otherwise, with what was asked for.
    pub fn find(&self, catalogue: &Catalogue) -> Result<Scope, LaunchError> {
        Scope::find(catalogue, self.kind, self.id.as_deref()).ok_or_else(|| {
            let asked = self.id.as_deref();
            LaunchError::UnknownScope {
                asked: asked.map(|id| id.chars().take(MAX_SHOWN_CHARACTERS).collect()),
            }
        })
    }
}

/// Reads the message of a token whose sender is verified.
pub(super) fn read(
    claims: Claims<'_>,
    subject: MoodleUserId,
    deployment: String,
    expected: Expected<'_>,
) -> Result<Launch, LaunchError> {
    let role = role(claims)?;
    let platform = expected.platform;
    let message = match claims.required_text(name::MESSAGE_TYPE)? {
        "LtiResourceLinkRequest" => Message::ResourceLink(resource_link(claims, expected)?),
        "LtiDeepLinkingRequest" => Message::DeepLinking(dialog::read(claims, platform)?),
        _ => return Err(LaunchError::MessageType),
    };
    Ok(Launch {
        deployment,
        subject,
        name: person_name(claims),
        family_name: claims.shown_text("family_name", 255),
        email: claims.shown_text("email", 320),
        role,
        context: context(claims, platform)?,
        presentation: presentation(claims, platform)?,
        message,
    })
}

fn role(claims: Claims<'_>) -> Result<Role, LaunchError> {
    let malformed = || LaunchError::ClaimMalformed("roles");
    let roles = claims.required(name::ROLES)?.as_array();
    let roles: Option<Vec<_>> = roles
        .ok_or_else(malformed)?
        .iter()
        .map(Value::as_str)
        .collect();
    Ok(Role::from_roles(roles.ok_or_else(malformed)?))
}

fn person_name(claims: Claims<'_>) -> Option<String> {
    claims.shown_text("name", 255).or_else(|| {
        let parts = ["given_name", "family_name"].map(|part| claims.shown_text(part, 120));
        let parts: Vec<_> = parts.into_iter().flatten().collect();
        (!parts.is_empty()).then(|| parts.join(" "))
    })
}

fn resource_link(claims: Claims<'_>, expected: Expected<'_>) -> Result<ResourceLink, LaunchError> {
    let link = claims
        .object(name::RESOURCE_LINK)?
        .ok_or(LaunchError::ClaimMissing("resource_link"))?;
    let id = link
        .required_id("id")
        .map_err(|_| LaunchError::ClaimMalformed("resource_link"))?;
    let target = claims.required_text(name::TARGET_LINK_URI)?;
    let target = Url::parse(target)
        .ok()
        .filter(|target| target.origin() == expected.site.origin())
        .ok_or(LaunchError::ForeignTarget)?;
    Ok(ResourceLink {
        id: id.to_owned(),
        title: link.shown_text("title", 500),
        wanted: wanted(claims, &target)?,
        gradebook: gradebook(claims, expected.platform)?,
    })
}

/// The custom parameter says it, the narrowest first, else the address.
fn wanted(claims: Claims<'_>, target: &Url) -> Result<Wanted, LaunchError> {
    const KINDS: [&str; 3] = ["grain", "sequence", "module"];
    if let Some(custom) = claims.object(name::CUSTOM)? {
        for kind in KINDS {
            let text = custom.get(kind).and_then(Value::as_str).map(str::trim);
            // A variable that the platform does not know comes back as it went.
            if let Some(id) = text.filter(|id| !id.is_empty() && !id.starts_with('$')) {
                return Ok(Wanted {
                    kind,
                    id: Some(id.to_owned()),
                });
            }
        }
    }
    Ok(Wanted::from_path(target.path()))
}

/// The gradebook column, unless the platform gives none, or no right to it.
fn gradebook(claims: Claims<'_>, platform: &Platform) -> Result<Option<Gradebook>, LaunchError> {
    let Some(endpoint) = claims.object(name::AGS_ENDPOINT)? else {
        return Ok(None);
    };
    let scopes = endpoint.get("scope").and_then(Value::as_array);
    let may = |scope: &str| scopes.is_some_and(|scopes| scopes.iter().any(|known| known == scope));
    Ok(service_url(endpoint, "lineitem", platform)
        .filter(|_| may(scope::SCORE))
        .map(|line_item_url| Gradebook {
            line_item_url,
            can_read_results: may(scope::RESULTS),
        }))
}

fn context(claims: Claims<'_>, platform: &Platform) -> Result<Option<Context>, LaunchError> {
    let Some(context) = claims.object(name::CONTEXT)? else {
        return Ok(None);
    };
    let id = context
        .required_id("id")
        .map_err(|_| LaunchError::ClaimMalformed("context"))?;
    let roster = claims.object(name::NAMES_ROLES)?;
    Ok(Some(Context {
        id: id.to_owned(),
        label: context.shown_text("label", 500),
        title: context.shown_text("title", 500),
        memberships_url: roster
            .and_then(|roster| service_url(roster, "context_memberships_url", platform)),
    }))
}

/// The address of a service, when it is on a host of the platform.
fn service_url(claims: Claims<'_>, name: &str, platform: &Platform) -> Option<Url> {
    let url = Url::parse(claims.get(name)?.as_str()?).ok()?;
    platform.owns(&url).then_some(url)
}

fn presentation(claims: Claims<'_>, platform: &Platform) -> Result<Presentation, LaunchError> {
    let Some(presentation) = claims.object(name::LAUNCH_PRESENTATION)? else {
        return Ok(Presentation {
            is_framed: true,
            return_url: None,
        });
    };
    let target = presentation.get("document_target").and_then(Value::as_str);
    Ok(Presentation {
        is_framed: target.is_none_or(|target| target == "iframe"),
        return_url: presentation
            .get("return_url")
            .and_then(Value::as_str)
            .and_then(|text| platform_page(text, platform)),
    })
}

/// An address, when it is one of the platform's pages; as a browser would write it.
pub(super) fn platform_page(text: &str, platform: &Platform) -> Option<String> {
    let url = Url::parse(text).ok()?;
    platform.has_page(&url).then(|| url.into())
}
