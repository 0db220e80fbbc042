//! What may be in the build: the licences, sources and versions that `deny.toml` allows. `cargo deny check` reads the same
//! file; building it takes longer than all the rest of a test run, so its rules are kept here.

use std::collections::BTreeSet;
use std::fs;
use std::process::Command;

use semver::{Version, VersionReq};
use serde_json::Value;
use spdx::{Expression, ParseMode};

use crate::support::root;

fn rules() -> toml::Table {
    fs::read_to_string(root().join("deny.toml")).unwrap().parse().unwrap()
}

fn texts(value: &toml::Value) -> Vec<&str> {
    value.as_array().unwrap().iter().map(|text| text.as_str().unwrap()).collect()
}

/// Every package that the program, or its tests too, are built from, for one of the targets of `deny.toml`.
fn packages(with_tests: bool) -> Vec<Value> {
    let mut all = Vec::new();
    for target in texts(&rules()["graph"]["targets"]) {
        let cargo = Command::new(env!("CARGO"))
            .args(["metadata", "--locked", "--all-features", "--format-version", "1", "--filter-platform", target])
            .current_dir(root())
            .output()
            .unwrap();
        assert!(cargo.status.success(), "{}", String::from_utf8_lossy(&cargo.stderr));
        let metadata: Value = serde_json::from_slice(&cargo.stdout).unwrap();
        let built = built(&metadata["resolve"], with_tests);
        let packages = metadata["packages"].as_array().unwrap().iter();
        all.extend(packages.filter(|package| built.contains(package["id"].as_str().unwrap())).cloned());
    }
    assert!(all.len() > 200, "{} packages", all.len());
    all
}

/// What can be reached from our package.
fn built(resolve: &Value, with_tests: bool) -> BTreeSet<&str> {
    let nodes = resolve["nodes"].as_array().unwrap();
    let (mut built, mut open) = (BTreeSet::new(), vec![resolve["root"].as_str().unwrap()]);
    while let Some(id) = open.pop() {
        if built.insert(id) {
            let node = nodes.iter().find(|node| node["id"] == id).unwrap();
            let needs = node["deps"].as_array().unwrap().iter().filter(|needed| {
                with_tests || needed["dep_kinds"].as_array().unwrap().iter().any(|kind| kind["kind"] != "dev")
            });
            open.extend(needs.map(|needed| needed["pkg"].as_str().unwrap()));
        }
    }
    built
}

#[track_caller]
fn none(broken: &BTreeSet<String>) {
    assert!(broken.is_empty(), "{broken:#?}");
}

#[test]
fn every_licence_of_the_program_is_allowed() {
    let rules = rules();
    let allowed = texts(&rules["licenses"]["allow"]);
    let is_allowed = |licence: &str| {
        Expression::parse_mode(licence, ParseMode::LAX)
            .is_ok_and(|expression| expression.evaluate(|one| allowed.contains(&one.to_string().as_str())))
    };
    let broken = packages(false).into_iter().filter(|package| !package["license"].as_str().is_some_and(is_allowed));
    none(&broken.map(|package| format!("{} is under {}", package["name"], package["license"])).collect());
    assert!(!is_allowed("GPL-3.0-only") && !is_allowed("MIT AND GPL-3.0-only") && is_allowed("GPL-3.0-only OR MIT"));
}

#[test]
fn everything_comes_from_the_registry() {
    let is_ours = |package: &Value| package["name"] == env!("CARGO_PKG_NAME");
    let registry = "registry+https://github.com/rust-lang/crates.io-index";
    let broken = packages(true).into_iter().filter(|package| package["source"] != registry && !is_ours(package));
    none(&broken.map(|package| format!("{} comes from {}", package["name"], package["source"])).collect());
}

#[test]
fn nothing_is_built_that_is_banned_and_any_version_is_no_version() {
    let rules = rules();
    let banned: Vec<(&str, VersionReq)> = rules["bans"]["deny"]
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| entry["crate"].as_str().unwrap())
        .map(|entry| entry.split_once(':').unwrap_or((entry, "*")))
        .map(|(name, versions)| (name, versions.parse().unwrap()))
        .collect();
    assert!(!banned.is_empty());
    let mut broken = BTreeSet::new();
    for package in packages(true) {
        let (name, version) = (package["name"].as_str().unwrap(), package["version"].as_str().unwrap());
        let version: Version = version.parse().unwrap();
        if banned.iter().any(|(banned, versions)| *banned == name && versions.matches(&version)) {
            broken.insert(format!("{name} {version} is banned"));
        }
        let needs = package["dependencies"].as_array().unwrap().iter();
        let any = needs.filter(|needed| needed["req"] == "*" && needed["kind"] != "dev" && needed["path"].is_null());
        broken.extend(any.map(|needed| format!("{name} takes any version of {}", needed["name"])));
    }
    none(&broken);
}
