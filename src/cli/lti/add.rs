//! `mini-site lti add`: registers a platform by hand.

use anyhow::{Context, bail};
use clap::Args;

use super::UNREADABLE;
use crate::{
    config::Config,
    db::Database,
    lti::{
        client::PlatformClient,
        registration::manual::{self, FieldProblem, ManualRegistration},
    },
    web::urls::route,
};

/// What Moodle shows under « View configuration details ».
#[derive(Args, Debug)]
pub(in crate::cli) struct AddArguments {
    /// What to call it.
    #[arg(long)]
    name: String,
    /// Moodle: Platform ID.
    #[arg(long)]
    issuer: String,
    /// Moodle: Client ID.
    #[arg(long)]
    client_id: String,
    /// Moodle: Deployment ID.
    #[arg(long)]
    deployment_id: String,
    /// Moodle: Authentication request URL.
    #[arg(long)]
    authorization_url: String,
    /// Moodle: Access token URL.
    #[arg(long)]
    token_url: String,
    /// Moodle: Public keyset URL.
    #[arg(long)]
    jwks_url: String,
    /// Audience of our client assertions, for a platform that wants another one than its token URL.
    #[arg(long)]
    token_audience: Option<String>,
}

pub(super) async fn run(
    arguments: AddArguments,
    config: &Config,
    db: &Database,
) -> anyhow::Result<()> {
    let client = PlatformClient::new(config.lti_allow_private_networks)
        .context("the certificates of the system cannot be read; install ca-certificates")?;
    let platform = match arguments.into_registration().check(&client) {
        Ok(platform) => platform,
        Err(problems) => bail!("the platform was not registered:\n{}", list(&problems)),
    };
    let Some(id) = manual::add(db, &platform).await.context(UNREADABLE)? else {
        bail!(
            "the platform {} is registered already with the client id {}; nothing was changed. See: mini-site lti list",
            platform.issuer,
            platform.client_id
        );
    };
    println!("registered and approved: {}", id.0);
    eprintln!(
        "In the tool of the platform: Tool URL and Redirection URI {launch}, Initiate login URL {login}, Public keyset URL {keys}",
        launch = config.absolute(route::LTI_LAUNCH),
        login = config.absolute(route::LTI_LOGIN),
        keys = config.absolute(route::JWKS),
    );
    Ok(())
}

impl AddArguments {
    fn into_registration(self) -> ManualRegistration {
        ManualRegistration {
            name: self.name,
            issuer: self.issuer,
            client_id: self.client_id,
            deployment_id: self.deployment_id,
            authorization_url: self.authorization_url,
            token_url: self.token_url,
            jwks_url: self.jwks_url,
            token_audience: self.token_audience,
        }
    }
}

/// One problem a line, under the name of its option.
fn list(problems: &[FieldProblem]) -> String {
    let lines: Vec<_> = problems
        .iter()
        .map(|problem| {
            format!(
                "  --{}: {}",
                problem.field.replace('_', "-"),
                problem.sentence
            )
        })
        .collect();
    lines.join("\n")
}
