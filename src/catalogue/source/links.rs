//! What grains point at: other pages of the course, places in them, figures.

use std::collections::BTreeSet;

use super::Course;
use super::fault::{Faults, Source, quoted};
use super::html::Page;

/// A grain that was read.
pub(crate) struct Visited {
    pub(crate) id: String,
    pub(crate) source: Source,
    pub(crate) page: Page,
}

/// Checks every link and picture of every grain.
pub(crate) fn check(
    course: &Course,
    pages: &[Visited],
    figures: &BTreeSet<String>,
    faults: &mut Faults,
) {
    for visited in pages {
        for (at, href) in &visited.page.links {
            if let Err((what, mend)) = link(href, course, visited, pages) {
                visited.source.fault(faults, *at, what, mend);
            }
        }
        for (at, src) in &visited.page.pictures {
            if let Err((what, mend)) = picture(src, figures) {
                visited.source.fault(faults, *at, what, mend);
            }
        }
    }
}

type Verdict = Result<(), (String, String)>;

fn link(href: &str, course: &Course, from: &Visited, pages: &[Visited]) -> Verdict {
    let lower = href.to_ascii_lowercase();
    if ["https://", "http://", "mailto:", "tel:"]
        .iter()
        .any(|scheme| lower.starts_with(scheme))
    {
        return Ok(());
    }
    let shown = quoted(href);
    let (page, anchor) = href
        .split_once('#')
        .map_or((href, None), |(page, id)| (page, Some(id)));
    if page.is_empty() && anchor.is_none_or(str::is_empty) {
        return Err((
            "ce lien ne mène nulle part.".to_owned(),
            "Écrivez href=\"grain3\", href=\"#repere\" ou une adresse en https://.".to_owned(),
        ));
    }
    let target = if page.is_empty() {
        Some(from.id.as_str())
    } else {
        grain(page, course)
    };
    let is_page = target.is_some() || is_overview(page, course);
    if !is_page {
        let what = if page.starts_with('/') {
            format!("le lien {shown} se perdrait dans Moodle, où le cours a une autre racine.")
        } else {
            format!("le lien {shown} ne mène à aucune page du cours.")
        };
        let mend = match nearest(page, course) {
            Some(address) => format!("Écrivez href=\"{address}\"."),
            None => "Écrivez href=\"grain3\", href=\"../sequences/sequence3\", \
                     href=\"../modules/module2\" ou une adresse en https://."
                .to_owned(),
        };
        return Err((what, mend));
    }
    let Some((anchor, target)) = anchor.zip(target) else {
        return Ok(());
    };
    let Some(visited) = pages.iter().find(|visited| visited.id == target) else {
        return Ok(());
    };
    if visited.page.ids.contains_key(anchor) {
        return Ok(());
    }
    Err((
        format!(
            "le lien {shown} vise un repère absent du grain {}.",
            quoted(target)
        ),
        format!("Donnez id=\"{anchor}\" à l’élément visé ou corrigez le lien."),
    ))
}

fn grain<'a>(page: &'a str, course: &Course) -> Option<&'a str> {
    course
        .grains()
        .any(|grain| grain.id == page)
        .then_some(page)
}

/// Whether this is the relative address of the home page, a module or a sequence.
fn is_overview(page: &str, course: &Course) -> bool {
    let mut sequences = course.modules.iter().flat_map(|module| &module.sequences);
    page == "../"
        || page
            .strip_prefix("../modules/")
            .is_some_and(|id| course.modules.iter().any(|module| module.id == id))
        || page
            .strip_prefix("../sequences/")
            .is_some_and(|id| sequences.any(|sequence| sequence.id == id))
}

/// The right address for one that names a page of the course in another way.
fn nearest(page: &str, course: &Course) -> Option<String> {
    let name = page.trim_end_matches('/').rsplit('/').next()?;
    let name = name.trim_end_matches(".html");
    let tries = [
        name.to_owned(),
        format!("../sequences/{name}"),
        format!("../modules/{name}"),
    ];
    let found = tries
        .into_iter()
        .find(|address| grain(address, course).is_some() || is_overview(address, course));
    found.or_else(|| (page == "/").then(|| "../".to_owned()))
}

fn picture(src: &str, figures: &BTreeSet<String>) -> Verdict {
    if src.starts_with('#') || figures.contains(src) {
        return Ok(());
    }
    let shown = quoted(src);
    if src.contains("://") || src.starts_with("//") || src.starts_with("data:") {
        return Err((
            format!("{shown} vient d’ailleurs et serait bloqué par le navigateur."),
            "Enregistrez l’image dans figures/ et écrivez src=\"figures/NOM.svg\".".to_owned(),
        ));
    }
    if src.starts_with("figures/") {
        return Err((
            format!("l’image {shown} n’existe pas."),
            "Ajoutez ce fichier au dossier figures/ du cours ou corrigez son nom.".to_owned(),
        ));
    }
    Err((
        format!("{shown} n’est pas une image du cours."),
        "Placez l’image dans le dossier figures/ et écrivez src=\"figures/NOM.svg\".".to_owned(),
    ))
}
