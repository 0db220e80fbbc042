//! `[web.oidc]`: what `check` says about it, alone and online, and what becomes of people when the issuer changes.

use serde_json::json;

use crate::support::authority::Authority;
use crate::support::fixture::{BASE, Fixture, until};
use crate::support::oidc::{Provider, SECRET, SignOn, config};

#[test]
fn the_environment_may_say_all_of_it() {
    let fixture = Fixture::new(BASE);
    let with = |variables: &[(&str, &str)]| {
        let mut command = fixture.command(&["check"]);
        command.envs(variables.iter().map(|(name, value)| (format!("FORTNIGHTLY__WEB__OIDC__{name}"), *value)));
        let output = command.output().unwrap();
        String::from_utf8_lossy(&output.stdout).into_owned()
    };
    let whole = [("ISSUER", "https://login.example.org"), ("CLIENT_ID", "console"), ("CLIENT_SECRET", SECRET)];
    assert!(!with(&whole).to_lowercase().contains("oidc"), "{}", with(&whole));
    assert!(with(&whole[..2]).contains("client_secret_file is missing"), "{}", with(&whole[..2]));
    assert!(with(&[("ISUER", "x")]).contains("did you mean FORTNIGHTLY__WEB__OIDC__ISSUER?"));
}

#[test]
fn another_issuer_knows_nobody_and_check_says_so() {
    let Some(mut service) = SignOn::new() else { return };
    let link = service.invite("anna@team.example", "editor");
    service.sign_on(&service.browser(), &format!("{link}/oidc")).is(303);
    let Some(other) = Provider::new(&[service.port], &json!({})) else { return };
    let before = std::mem::replace(&mut service.provider, other);
    service.fixture.edit("config.toml", &before.issuer(), &service.provider.issuer());
    service.restart();
    // The other one's “anna” is someone else.
    service.sign_on(&service.browser(), "/sign-in/oidc").is(403).says("You aren't a user of this console yet");
    let ran = service.fixture.run(&["check"]);
    assert!(
        ran.stdout.contains("1 user has an account of another issuer") && ran.stdout.contains("users reset"),
        "{}",
        ran.stdout
    );
    assert!(!ran.stdout.contains("anna@"), "{}", ran.stdout);
    // And nobody signs on where there is no sign-on any more.
    service.fixture.write("config.toml", BASE);
    let ran = service.fixture.run(&["check"]);
    assert!(ran.stdout.contains("without [web.oidc]"), "{}", ran.stdout);
}

#[test]
fn a_running_daemon_takes_it_up() {
    let Some(mut service) = SignOn::new() else { return };
    let link = service.invite("anna@team.example", "editor");
    let whole = std::fs::read_to_string(service.fixture.path("config.toml")).unwrap();
    service.fixture.write("config.toml", whole.split("[web.oidc]").next().unwrap());
    service.restart_as("run");
    service.browser().get("/sign-in").is(200).lacks("your organisation’s account");
    service.browser().get(&link).is(200).lacks("your organisation’s account");
    service.browser().get("/sign-in/oidc").is(404).says("You can't sign in that way here");
    service.fixture.write("config.toml", &whole);
    until("it is offered", || service.browser().get("/sign-in").text().contains("your organisation’s account"));
    service.sign_on(&service.browser(), &format!("{link}/oidc")).is(303);
}

#[test]
fn check_online_meets_the_provider() {
    let Some(service) = SignOn::new() else { return };
    let ran = service.fixture.run(&["check", "--online"]);
    assert!(
        ran.stderr.contains("answers, and calls itself what web.oidc.issuer says"),
        "{}\n{}",
        ran.stdout,
        ran.stderr
    );
    service.provider.be("fault=other-issuer");
    let ran = service.fixture.run(&["check", "--online"]).exits(1);
    assert!(ran.stdout.contains("calls itself"), "{}", ran.stdout);
}

#[test]
fn a_provider_inside_the_organisation_is_trusted_by_its_own_authority() {
    let Some(mut service) = SignOn::new() else { return };
    let authority = Authority::new();
    authority.issue();
    let more = json!({
        "certificate": authority.file("server.crt"), "key": authority.file("server.key"), "host": "localhost"
    });
    let Some(provider) = Provider::new(&[service.port], &more) else { return };
    let config = config(service.port, &format!("https://localhost:{}", provider.port));
    service.fixture.write("config.toml", &config);
    service.restart();
    service.browser().get("/sign-in/oidc").is(503).says("doesn't answer");
    until("the log says why", || service.fixture.log().contains("invalid peer certificate: UnknownIssuer"));
    let ca_file = authority.file("ca.pem");
    service.fixture.write("config.toml", &format!("{config}ca_file = \"{}\"\n", ca_file.display()));
    service.restart();
    let begun = service.browser().get("/sign-in/oidc").is(303);
    assert!(begun.location.starts_with("https://localhost:"), "{}", begun.location);
}
