//! What surrounds the program on a server: Dockerfile, compose.yaml, deploy/. What they say twice, or
//! say of the program, is held together here; `bin/test proxies` runs the proxies.

use std::{collections::BTreeSet, fs, path::Path};

fn read(path: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// What stands between the first `start` and the `end` that follows it.
fn between<'a>(text: &'a str, start: &str, end: &str) -> &'a str {
    let found = text
        .split_once(start)
        .and_then(|(_, rest)| rest.split_once(end));
    found
        .unwrap_or_else(|| panic!("nothing between {start:?} and {end:?}"))
        .0
}

/// The indented lines below a key of compose.yaml, which stands alone on its line.
fn below<'a>(text: &'a str, key: &str) -> Vec<&'a str> {
    let indent = key.len() - key.trim_start().len();
    let mut lines = text.lines().skip_while(|line| *line != key).skip(1);
    let depth = |line: &&str| line.len() - line.trim_start().len();
    let inside: Vec<_> = lines
        .by_ref()
        .take_while(|line| line.is_empty() || depth(line) > indent)
        .collect();
    assert!(!inside.is_empty(), "nothing below {key:?}");
    inside
}

/// Names that a file of settings lists, commented or not.
fn listed(path: &str) -> BTreeSet<String> {
    let is_name = |name: &&str| {
        !name.is_empty()
            && name
                .bytes()
                .all(|byte| byte.is_ascii_uppercase() || byte == b'_')
    };
    let text = read(path);
    let names = text
        .lines()
        .filter_map(|line| line.trim_start_matches('#').split_once('='));
    names
        .map(|(name, _)| name)
        .filter(is_name)
        .map(str::to_owned)
        .collect()
}

/// Each `${NAME…}` of compose.yaml: the name, and what follows it.
fn interpolated(text: &str) -> Vec<(&str, &str)> {
    let inside = text
        .split("${")
        .skip(1)
        .filter_map(|rest| rest.split_once('}'));
    inside
        .map(|(inside, _)| inside.split_at(inside.find(':').unwrap_or(inside.len())))
        .collect()
}

#[test]
fn the_image_is_built_by_the_compiler_of_the_project() {
    let channel = read("rust-toolchain.toml");
    let channel = between(&channel, "channel = \"", "\"");
    assert_eq!(between(&read("Dockerfile"), "FROM rust:", "-slim"), channel);
}

#[test]
fn the_tools_are_those_of_the_same_postgresql_as_the_server() {
    let compose = read("compose.yaml");
    let server = between(&compose, "image: postgres:", "\n");
    assert_eq!(between(&read("Dockerfile"), "FROM postgres:", " "), server);
}

#[test]
fn directus_is_the_one_that_its_configuration_was_tried_with() {
    let package = read("directus/package.json");
    let version = between(&package, "\"directus\": \"", "\"");
    assert_eq!(
        between(&read("compose.yaml"), "image: directus/directus:", "\n"),
        version
    );
}

#[test]
fn compose_gives_the_site_only_variables_that_it_reads() {
    let known: BTreeSet<_> = mini_site::config::VARIABLES.into_iter().collect();
    let compose = read("compose.yaml");
    for line in below(&compose, "x-site: &site-settings") {
        let name = line.trim().split(':').next().unwrap_or_default();
        assert!(
            name.is_empty() || known.contains(name),
            "compose.yaml: the site reads no {name}"
        );
    }
    assert!(
        below(&compose, "  site:").contains(&"    environment: *site-settings"),
        "the site has no other variables"
    );
}

#[test]
fn what_compose_asks_for_is_listed_and_nothing_secret_has_a_default() {
    let compose = read("compose.yaml") + &read("deploy/compose.managed.yaml");
    let mut asked = BTreeSet::new();
    for (name, rest) in interpolated(&compose) {
        asked.insert(name.to_owned());
        let may_be_unset = rest == ":-" || name == "BACKUP_FOLDER";
        assert!(
            rest == ":?" || may_be_unset,
            "compose.yaml: {name} has a default, or none is told missing"
        );
    }
    assert_eq!(
        asked,
        listed("deploy/compose.env.example"),
        "what compose asks for (left) and deploy/compose.env.example (right) differ"
    );
}

#[test]
fn every_container_is_hardened_and_the_proxy_alone_is_published() {
    let compose = read("compose.yaml");
    let mut services = 0;
    for line in below(&compose, "services:") {
        let Some(name) = line
            .strip_prefix("  ")
            .filter(|name| !name.starts_with([' ', '#']) && !name.is_empty())
        else {
            continue;
        };
        services += 1;
        let service = below(&compose, line);
        assert!(
            service.contains(&"    <<: *hardened"),
            "{name} is not hardened"
        );
        let is_published = service
            .iter()
            .any(|line| line.trim_start().starts_with("ports:"));
        assert_eq!(
            is_published,
            name == "proxy:",
            "{name} publishes a port, or the proxy none"
        );
    }
    assert!(
        services > 4,
        "the services are not where they are looked for"
    );
}

#[test]
fn the_image_holds_what_the_build_reads_and_no_more() {
    let ignored = read(".dockerignore");
    let allowed: BTreeSet<_> = ignored
        .lines()
        .filter_map(|line| line.strip_prefix('!'))
        .collect();
    assert!(
        ignored.lines().any(|line| line == "*"),
        ".dockerignore lets in what it does not name"
    );
    let build = read("build.rs");
    let read_by_build = between(&build, "const READ: &[&str] = &[", "];")
        .split('"')
        .skip(1)
        .step_by(2);
    for path in read_by_build {
        let root = path.split('/').next().unwrap_or_default();
        assert!(
            allowed.contains(root),
            ".dockerignore keeps {path} from the build"
        );
    }
}
