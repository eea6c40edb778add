//! Registration by hand: what an admin copies from the page of the platform.

use url::Url;

use super::{NewPlatform, store};
use crate::{
    db::Database,
    lti::{PlatformId, PlatformStatus, client::PlatformClient},
};

/// What an admin typed.
#[derive(Clone, Debug)]
pub struct ManualRegistration {
    /// What admins call it.
    pub name: String,
    /// Moodle: « Platform ID ».
    pub issuer: String,
    /// Moodle: « Client ID ».
    pub client_id: String,
    /// Moodle: « Deployment ID ».
    pub deployment_id: String,
    /// Moodle: « Authentication request URL ».
    pub authorization_url: String,
    /// Moodle: « Access token URL ».
    pub token_url: String,
    /// Moodle: « Public keyset URL ».
    pub jwks_url: String,
    /// Audience of our client assertions, when it is not `token_url`.
    pub token_audience: Option<String>,
}

/// One thing that is wrong with what was typed.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct FieldProblem {
    /// Which field, as [`ManualRegistration`] names it.
    pub field: &'static str,
    /// What was found and what is expected.
    pub sentence: String,
}

impl ManualRegistration {
    /// Checks every field; `client` tells which addresses may be asked.
    ///
    /// # Errors
    /// Every problem at once.
    pub fn check(self, client: &PlatformClient) -> Result<NewPlatform, Vec<FieldProblem>> {
        let ids = [
            ("name", &self.name),
            ("client_id", &self.client_id),
            ("deployment_id", &self.deployment_id),
        ];
        let addresses = [
            ("issuer", &self.issuer),
            ("authorization_url", &self.authorization_url),
            ("token_url", &self.token_url),
            ("jwks_url", &self.jwks_url),
        ];
        let in_ids = ids.into_iter().filter_map(|(field, text)| {
            let sentence = wrong_in_id(text)?;
            Some(FieldProblem { field, sentence })
        });
        let in_addresses = addresses.into_iter().filter_map(|(field, text)| {
            let sentence = wrong_in_address(text, client)?;
            Some(FieldProblem { field, sentence })
        });
        let problems: Vec<_> = in_ids.chain(in_addresses).collect();
        if !problems.is_empty() {
            return Err(problems);
        }
        Ok(NewPlatform {
            name: self.name,
            issuer: self.issuer,
            client_id: self.client_id,
            authorization_url: self.authorization_url,
            token_url: self.token_url,
            jwks_url: self.jwks_url,
            token_audience: self.token_audience,
            product: None,
            status: PlatformStatus::Approved,
            deployment: Some(self.deployment_id),
        })
    }
}

/// Keeps a platform with its deployment; `None` when issuer and client id are known already, and
/// nothing was changed.
///
/// # Errors
/// Those of the database.
pub async fn add(db: &Database, platform: &NewPlatform) -> sqlx::Result<Option<PlatformId>> {
    let mut transaction = db.begin().await?;
    let Some(id) = store::insert_platform(&mut transaction, platform).await? else {
        return Ok(None);
    };
    if let Some(deployment) = &platform.deployment {
        store::insert_approved_deployment(&mut transaction, id, deployment).await?;
    }
    transaction.commit().await?;
    Ok(Some(id))
}

fn wrong_in_id(text: &str) -> Option<String> {
    let characters = text.chars().count();
    if text.trim().is_empty() {
        Some("it is empty".to_owned())
    } else if characters > 255 {
        Some(format!(
            "it has {characters} characters, at most 255 are accepted"
        ))
    } else if text.contains(char::is_control) {
        Some("it holds a control character".to_owned())
    } else {
        None
    }
}

fn wrong_in_address(text: &str, client: &PlatformClient) -> Option<String> {
    let Ok(url) = Url::parse(text) else {
        return Some(format!(
            "“{text}” is no address; write it whole, such as https://moodle.example.org"
        ));
    };
    if text.chars().count() > 2000 || text.contains(|c: char| c.is_control() || c == ' ') {
        return Some("it is too long, or holds a blank".to_owned());
    }
    client.check(&url).err().map(|error| error.to_string())
}
