//! `mini-site lti list`: a table for eyes, or JSON for programs.

use std::collections::BTreeSet;

use anyhow::Context;
use serde::Serialize;

use super::UNREADABLE;
use crate::{
    db::Database,
    lti::{self, Deployment, Platform, PlatformId},
};

const TITLES: [&str; 6] = ["ID", "STATUS", "NAME", "ISSUER", "CLIENT ID", "DEPLOYMENTS"];

/// The fewest characters of an id that are shown.
const SHORT_ID: usize = 8;

/// A platform as programs read it.
#[derive(Serialize)]
struct Listed<'a> {
    id: PlatformId,
    name: &'a str,
    issuer: &'a str,
    client_id: &'a str,
    deployment_ids: Vec<&'a str>,
    status: &'a str,
}

pub(super) async fn run(db: &Database, as_json: bool) -> anyhow::Result<()> {
    let mut conn = db.acquire().await.context(UNREADABLE)?;
    let platforms = lti::store::list_platforms(&mut conn)
        .await
        .context(UNREADABLE)?;
    let deployments = lti::store::list_deployments(&mut conn)
        .await
        .context(UNREADABLE)?;
    conn.keep().await?;
    if as_json {
        let listed: Vec<_> = platforms
            .iter()
            .map(|platform| listed(platform, &deployments))
            .collect();
        println!("{}", serde_json::to_string_pretty(&listed)?);
    } else if platforms.is_empty() {
        println!("no platform is registered yet; begin with: mini-site lti invite");
    } else {
        print!("{}", table(&rows(&platforms, &deployments)));
    }
    Ok(())
}

fn listed<'a>(platform: &'a Platform, deployments: &'a [Deployment]) -> Listed<'a> {
    Listed {
        id: platform.id,
        name: &platform.name,
        issuer: &platform.issuer,
        client_id: &platform.client_id,
        deployment_ids: of(platform, deployments)
            .map(|deployment| deployment.external_id.as_str())
            .collect(),
        status: platform.status.as_str(),
    }
}

fn of<'a>(
    platform: &Platform,
    deployments: &'a [Deployment],
) -> impl Iterator<Item = &'a Deployment> {
    let id = platform.id;
    deployments
        .iter()
        .filter(move |deployment| deployment.platform == id)
}

fn rows(platforms: &[Platform], deployments: &[Deployment]) -> Vec<[String; 6]> {
    let ids: Vec<_> = platforms
        .iter()
        .map(|platform| platform.id.0.to_string())
        .collect();
    platforms
        .iter()
        .zip(short(&ids))
        .map(|(platform, id)| {
            let deployments: Vec<_> = of(platform, deployments).map(worded).collect();
            [
                id.to_owned(),
                platform.status.to_string(),
                platform.name.clone(),
                platform.issuer.clone(),
                platform.client_id.clone(),
                deployments.join(", "),
            ]
        })
        .collect()
}

fn worded(deployment: &Deployment) -> String {
    if deployment.is_approved {
        deployment.external_id.clone()
    } else {
        format!("{} (pending)", deployment.external_id)
    }
}

/// The beginnings of ids that tell them all apart.
fn short(ids: &[String]) -> impl Iterator<Item = &str> {
    let is_enough = |length: usize| {
        let starts: BTreeSet<_> = ids.iter().map(|id| id.get(..length)).collect();
        starts.len() == ids.len()
    };
    let longest = ids.first().map_or(SHORT_ID, String::len);
    let length = (SHORT_ID..longest)
        .find(|length| is_enough(*length))
        .unwrap_or(longest);
    ids.iter().map(move |id| id.get(..length).unwrap_or(id))
}

/// Columns as wide as their widest cell; whatever is no letter for a terminal is left out.
fn table(rows: &[[String; 6]]) -> String {
    let titles = TITLES.map(str::to_owned);
    let lines: Vec<_> = std::iter::once(&titles)
        .chain(rows)
        .map(|row| row.clone().map(|cell| cell.replace(char::is_control, "")))
        .collect();
    let width = |column: usize| {
        let widths = lines.iter().map(|line| line[column].chars().count());
        widths.max().unwrap_or_default()
    };
    let widths: [usize; 6] = std::array::from_fn(width);
    let mut text = String::new();
    for line in &lines {
        let cells = line.iter().zip(widths);
        let padded: Vec<_> = cells
            .map(|(cell, width)| format!("{cell:width$}"))
            .collect();
        text.push_str(padded.join("  ").trim_end());
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ids(texts: &[&str]) -> Vec<String> {
        texts.iter().map(|text| (*text).to_owned()).collect()
    }

    #[test]
    fn ids_are_cut_where_they_can_still_be_told_apart() {
        let ids = ids(&["11112222-3333", "11112222-4444", "55556666-7777"]);
        let short: Vec<_> = short(&ids).collect();
        assert_eq!(short, ["11112222-3", "11112222-4", "55556666-7"]);
        assert_eq!(
            super::short(&ids[1..]).collect::<Vec<_>>(),
            ["11112222", "55556666"]
        );
    }

    #[test]
    fn columns_stand_below_one_another() {
        let row = ["1", "pending", "Université d’Été", "https://m", "c", "4"];
        let row = row.map(str::to_owned);
        assert_eq!(
            table(&[row]),
            "ID  STATUS   NAME              ISSUER     CLIENT ID  DEPLOYMENTS\n\
             1   pending  Université d’Été  https://m  c          4\n"
        );
    }
}
