//! `mini-site token`: prints a signed iframe address, for a try or for a platform without LTI.

use anyhow::{Context, bail};
use clap::Args;
use jiff::SignedDuration;
use time::Duration;
use url::Url;

use crate::{
    catalogue::Catalogue,
    clock::Clock,
    config::Config,
    embed::{self, EmbedToken, MAX_LIFETIME},
    learner::MoodleUserId,
    lti::launch::Wanted,
    sealing,
    web::urls::route,
};

/// Whom the token names, and what it opens.
#[derive(Args, Debug)]
pub(super) struct TokenArguments {
    /// Identifier of the learner at the platform.
    #[arg(long)]
    moodle_user_id: String,
    /// Their e-mail address.
    #[arg(long)]
    email: Option<String>,
    /// Their name.
    #[arg(long)]
    name: Option<String>,
    /// Path of the page to open, such as /grains/grain8; without it the course.
    #[arg(long)]
    target: Option<String>,
    /// How long the address is good for, at most 12h: 90s, 30m, 1h, 1h30m.
    #[arg(long, default_value = "1h")]
    lifetime: SignedDuration,
}

pub(super) fn run(arguments: TokenArguments, config: &Config) -> anyhow::Result<()> {
    let Some(secret) = &config.embed_token_secret else {
        bail!("EMBED_TOKEN_SECRET is not set, so that no token would be accepted; set it first");
    };
    let lifetime = Duration::seconds(arguments.lifetime.as_secs());
    if lifetime <= Duration::ZERO || lifetime > MAX_LIFETIME {
        bail!(
            "--lifetime: {} was found, 1s to {}h are accepted",
            arguments.lifetime,
            MAX_LIFETIME.whole_hours()
        );
    }
    if let Some(target) = &arguments.target {
        let wanted = Wanted::from_path(target);
        let is_page =
            wanted.find(&Catalogue::compiled()).is_ok() && (wanted.id.is_some() || target == "/");
        if !is_page {
            bail!(
                "--target: “{target}” is no page of the course; write a path such as /grains/grain8"
            );
        }
    }
    let now = Clock::system().now();
    let token = EmbedToken {
        moodle_user_id: MoodleUserId::try_from(arguments.moodle_user_id.as_str())
            .context("--moodle-user-id")?,
        email: arguments.email,
        name: arguments.name,
        target: arguments.target,
        id: Some(sealing::random_text()?),
        expires_at: now + lifetime,
    };
    let text = embed::mint(&token, secret)?;
    embed::verify(&text, secret, now).context("the token would be refused")?;
    let mut address = Url::parse(&config.absolute(route::EMBED))?;
    address.query_pairs_mut().append_pair("token", &text);
    println!("{address}");
    Ok(())
}
