//! Style-sheets: parts brought together, addresses hashed, needless bytes left out.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

/// The style-sheets to serve, by logical name: those of the folder that import others.
///
/// The parts are put in the place of each `@import`; a part that none imports is an error,
/// for nobody would ever see it.
pub(crate) fn bundles(folder: &Path) -> Result<Vec<(String, String)>> {
    let mut bundles = Vec::new();
    let mut unused = BTreeSet::new();
    if !folder.is_dir() {
        return Ok(bundles);
    }
    collect(folder, &mut unused)?;
    let tops: Vec<PathBuf> = unused
        .iter()
        .filter(|path| fs::read_to_string(path).is_ok_and(|text| text.contains("@import")))
        .cloned()
        .collect();
    for top in tops {
        unused.remove(&top);
        let name = top
            .file_name()
            .context("a file has a name")?
            .to_string_lossy();
        let mut text = String::new();
        for (number, line) in fs::read_to_string(&top)?.lines().enumerate() {
            let line = line.trim();
            let imported = line
                .strip_prefix("@import \"")
                .and_then(|rest| rest.strip_suffix("\";"));
            let Some(imported) = imported else {
                if line.is_empty() || (line.starts_with("/*") && line.ends_with("*/")) {
                    continue;
                }
                let number = number + 1;
                bail!(
                    "assets/css/{name}:{number}: only lines of the form @import \"part.css\"; may stand here"
                );
            };
            let part = folder.join(imported);
            let content = fs::read_to_string(&part).with_context(|| {
                format!("assets/css/{name}:{}: cannot read {imported}", number + 1)
            })?;
            let parent = Path::new(imported).parent().unwrap_or(Path::new(""));
            text.push_str(&rebased(&content, parent));
            text.push('\n');
            unused.remove(&part);
        }
        bundles.push((format!("css/{name}"), text));
    }
    if let Some(path) = unused.first() {
        bail!(
            "{}: no style-sheet imports this one; add it to site.css or remove it",
            path.display()
        );
    }
    Ok(bundles)
}

fn collect(folder: &Path, found: &mut BTreeSet<PathBuf>) -> Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            collect(&path, found)?;
        } else if path.extension().is_some_and(|extension| extension == "css") {
            found.insert(path);
        }
    }
    Ok(())
}

/// The text with each relative address seen from the folder of the style-sheet that imports it.
fn rebased(text: &str, parent: &Path) -> String {
    map_addresses(text, |address| {
        let is_relative = !address.starts_with(['#', '/']) && !address.contains(':');
        Ok(if is_relative {
            parent.join(address).to_string_lossy().into_owned()
        } else {
            address.to_owned()
        })
    })
    .unwrap_or_else(|_: std::convert::Infallible| text.to_owned())
}

/// The text with each `url()` replaced by the hashed address of the asset it names.
///
/// `name` is where the text stands, among assets or in the course folder.
pub(crate) fn with_addresses(
    text: &str,
    name: &str,
    find: impl Fn(&str) -> Option<String>,
) -> Result<String> {
    let parent = Path::new(name).parent().unwrap_or(Path::new(""));
    map_addresses(text, |address| {
        if address.starts_with('#') || address.starts_with("data:") {
            return Ok(address.to_owned());
        }
        let logical = resolved(&parent.join(address));
        find(&logical)
            .or_else(|| find(address))
            .with_context(|| format!("{name}: url({address}) names no asset"))
    })
}

/// The path without its `..`, with `/` between names.
fn resolved(path: &Path) -> String {
    let mut parts: Vec<String> = Vec::new();
    for part in path.components() {
        match part.as_os_str().to_string_lossy().as_ref() {
            ".." => {
                parts.pop();
            }
            "." => {}
            name => parts.push(name.to_owned()),
        }
    }
    parts.join("/")
}

fn map_addresses<E>(text: &str, map: impl Fn(&str) -> Result<String, E>) -> Result<String, E> {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("url(") {
        let after = after.trim_ascii_start();
        let length = match after.chars().next() {
            Some(quote @ ('"' | '\'')) => quoted_length(after, quote),
            _ => after.find(')').unwrap_or(after.len()),
        };
        let (address, after) = after.split_at(length);
        out.push_str(before);
        out.push_str("url(\"");
        out.push_str(&map(address.trim().trim_matches(['"', '\'']))?);
        out.push('"');
        rest = after;
    }
    out.push_str(rest);
    Ok(out)
}

/// The text without comments and needless spaces.
///
/// Deliberately timid: it leaves values, selectors and the spaces around `+`, `-`, `*`, `/`
/// and `:` of selectors as they are, so that it needs no knowledge of CSS to be right.
pub(crate) fn minified(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    let mut space = false;
    while let Some(next) = rest.chars().next() {
        if next.is_ascii_whitespace() {
            space = true;
            rest = rest.trim_ascii_start();
            continue;
        }
        if let Some(comment) = rest.strip_prefix("/*") {
            let after = comment.split_once("*/").map_or("", |(_, after)| after);
            let glues = !space && !after.starts_with(|c: char| c.is_ascii_whitespace());
            if glues && !out.ends_with(['{', '}', ';', ',']) && !out.is_empty() {
                out.push_str("/**/");
            }
            rest = after;
            continue;
        }
        let length = match next {
            '"' | '\'' => quoted_length(rest, next),
            '\\' => next.len_utf8() + rest[1..].chars().next().map_or(0, char::len_utf8),
            _ => next.len_utf8(),
        };
        push(&mut out, next, space);
        out.push_str(&rest[next.len_utf8()..length]);
        rest = &rest[length..];
        space = false;
    }
    out
}

/// Appends a sign, with the space before it only where that may mean something.
fn push(out: &mut String, next: char, space: bool) {
    let last = out.chars().next_back();
    let is_empty_value = last == Some(':') && matches!(next, ';' | '}');
    let needless = matches!(last, None | Some('{' | '}' | ';' | ',' | '(' | '>' | ':'))
        || matches!(next, '{' | '}' | ';' | ',' | ')' | '>' | '!');
    if space && (!needless || is_empty_value) {
        out.push(' ');
    }
    if next == '}' && out.ends_with(';') {
        out.pop();
    }
    out.push(next);
}

fn quoted_length(text: &str, quote: char) -> usize {
    let mut escaped = false;
    for (at, c) in text.char_indices().skip(1) {
        if escaped {
            escaped = false;
        } else if c == '\\' {
            escaped = true;
        } else if c == quote {
            return at + c.len_utf8();
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_means_something_survives() {
        for text in [
            "a{content:\"+\" / \"\"}",
            "a{content:\"/* ; } */  \\\"  x\"}",
            "a{inline-size:calc((100% - 2 * (var(--x) + 1px)) / 3 - -1px)}",
            "a{inline-size:round(down,3.2px,1px);margin:-1px auto 0 -2px}",
            "a{font:var(--size) / 1.5 var(--font)}",
            "a{unicode-range:U+00A0,U+20-7E}",
            "a{--empty: ;--also: }",
            ".a :hover .b + .c ~ .d *::before,* + *{x:y}",
            ".q:nth-child(2n + 1) *::before{x:y}",
            ".a .b [open] :is(h1,h2):not(.f) p{x:y}",
            "@view-transition{navigation:auto}",
            "@supports selector(::details-content){a::details-content{x:y}}",
            "@media screen and (prefers-color-scheme:dark){a{x:y}}",
            "@media (width>=60rem) and (not (hover)){a{x:y}}",
            ".e{& .f{x:y}&:hover{x:y}.g &{x:y}}",
            "a{background:url(\"data:image/svg+xml,<svg  a=')'/>\")}",
            ".a\\:b{x:y}",
            ".a/**/.b{x:y}",
        ] {
            assert_eq!(minified(text), text);
        }
    }

    #[test]
    fn comments_and_needless_spaces_go() {
        let text = "/* one */\n:root {\n  --a: 1px ;\n  color : red  !important;\n}\n\n\
                    /* two */ @media ( min-width : 2rem ) {\n  .a > .b ,\n  .c { x: y; }\n}\n";
        let expected = ":root{--a:1px;color :red!important}\
                        @media (min-width :2rem){.a>.b,.c{x:y}}";
        assert_eq!(minified(text), expected);
    }

    #[test]
    fn addresses_are_hashed_from_where_the_text_stands() {
        let find = |logical: &str| {
            ["fonts/a.woff2", "figures/b.svg"]
                .contains(&logical)
                .then(|| format!("/assets/{logical}?"))
        };
        let text = "a{src:url( '../fonts/a.woff2' ) format(\"woff2\")}b{fill:url(#c)}";
        assert_eq!(
            with_addresses(text, "css/site.css", find).expect("the font exists"),
            "a{src:url(\"/assets/fonts/a.woff2?\" ) format(\"woff2\")}b{fill:url(\"#c\")}"
        );
        let text = "a{background:url(figures/b.svg)}";
        assert_eq!(
            with_addresses(text, "module1/sequence1/grain1.css", find).expect("the figure exists"),
            "a{background:url(\"/assets/figures/b.svg?\")}"
        );
        let error = with_addresses("a{src:url(x.png)}", "css/site.css", find);
        let error = error.expect_err("there is no such picture");
        assert_eq!(error.to_string(), "css/site.css: url(x.png) names no asset");
    }

    #[test]
    fn parts_are_bundled_in_order_and_none_is_forgotten() {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("style_sheet");
        let write = |name: &str, text: &str| fs::write(folder.join(name), text);
        fs::create_dir_all(folder.join("components")).expect("a folder of our own");
        write(
            "site.css",
            "/* all */\n@import \"b.css\";\n@import \"components/a.css\";\n",
        )
        .and_then(|()| write("b.css", "b{x:y}"))
        .and_then(|()| write("components/a.css", "a{src:url(../../fonts/a.woff2)}"))
        .expect("a file of our own");
        let bundles = bundles(&folder).expect("every part is imported");
        let text = "b{x:y}\na{src:url(\"components/../../fonts/a.woff2\")}\n";
        assert_eq!(bundles, [("css/site.css".to_owned(), text.to_owned())]);

        write("site.css", "@import \"components/a.css\";\n").expect("a file of our own");
        let error = super::bundles(&folder)
            .expect_err("b.css is an orphan")
            .to_string();
        assert!(
            error.ends_with(
                "b.css: no style-sheet imports this one; add it to site.css or remove it"
            ),
            "{error}"
        );
    }
}
