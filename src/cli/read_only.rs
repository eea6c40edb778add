//! `mini-site read-only`: keeps the data as they are while they move, and lets them go again.

use anyhow::Context;
use clap::{Args, ValueEnum};
use sqlx::{ConnectOptions, Connection};
use time::{Duration, format_description::well_known::Rfc3339};

use super::transfer::{OWN, address};
use crate::read_only::{self, Switch};

/// How long the switch waits for the changes under way.
const PATIENCE: Duration = Duration::seconds(10);

#[derive(Debug, Args)]
pub(super) struct ReadOnly {
    /// Turns it on or off; without it, tells how it stands.
    state: Option<State>,
    /// The database: an address, or the name of a variable that holds one.
    #[arg(long, default_value = OWN)]
    database: String,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum State {
    On,
    Off,
}

impl ReadOnly {
    pub(super) async fn run(&self) -> anyhow::Result<()> {
        let address = address(&self.database)?;
        let context = || format!("{address} cannot be reached");
        let mut conn = address.options.connect().await.with_context(context)?;
        let switch = match self.state {
            Some(state) => {
                let is_on = matches!(state, State::On);
                read_only::set(&mut conn, is_on, PATIENCE).await?
            }
            None => read_only::store::find_switch(&mut conn).await?,
        };
        println!("{}", told(switch));
        conn.close().await.ok();
        Ok(())
    }
}

/// How the switch stands, in a sentence.
pub(super) fn told(switch: Switch) -> String {
    let since = switch.changed_at.and_then(|at| at.format(&Rfc3339).ok());
    let since = since.map_or(String::new(), |at| format!(" since {at}"));
    if switch.is_on {
        format!(
            "read-only mode: on{since}; what was acknowledged before is in the database, what comes is refused"
        )
    } else {
        format!("read-only mode: off{since}")
    }
}
