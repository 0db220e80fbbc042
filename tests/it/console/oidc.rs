//! In with the organisation's own account, by a real provider: bound by an invitation's link, and then by that account alone.

mod browser;
mod lies;
mod outages;
mod settings;

use std::process::Stdio;

use crate::support::console::{Browser, PASSWORD};
use crate::support::fixture::{Running, until};
use crate::support::oidc::SignOn;
use crate::support::ports::free_port;

const AUDIT: &[&str] = &["status", "--audit", "--json"];

#[test]
fn an_invitation_binds_the_account_which_gets_in_from_then_on() {
    let Some(service) = SignOn::new() else { return };
    let (anna, link) = (service.browser(), service.invite("anna@team.example", "editor"));
    anna.get("/sign-in").is(200).says("Sign in with your organisation’s account");
    // Looking at the link, or going to the provider and not coming back, uses nothing up.
    anna.get(&link).is(200).says("choose how to sign in");
    anna.get(&format!("{link}/oidc")).is(303);
    let page = anna.get(&link).is(200);
    assert!(page.body.contains(&format!("href=\"{link}/oidc\"")), "{}", page.body);
    let came = service.sign_on(&anna, &format!("{link}/oidc")).is(303);
    assert_eq!(came.location, "/");
    anna.get("/").is(200).says("anna");
    let audit = service.fixture.run(AUDIT).exits(0).json().to_string();
    assert!(audit.contains("user-sign-on") && audit.contains("anna (user 2)"), "{audit}");
    let users = service.fixture.run(&["users", "list", "--json"]).exits(0).json();
    assert_eq!((&users[0]["name"], &users[0]["signs_in"]), (&"anna".into(), &"sign-on".into()), "{users}");
    service.fixture.run(&["users", "list"]).exits(0).says("with their organisation's account");
    // Out, and in again without the link; the page that was asked for comes next.
    anna.get("/account").is(200).says("You sign in with your organisation’s account").lacks("Codes from an app");
    anna.post("/sign-out", &[]).is(303);
    anna.get("/calendar").is(303);
    let begin = "/sign-in/oidc?to=%2Fcalendar";
    assert_eq!(service.sign_on(&anna, begin).is(303).location, "/calendar");
    anna.get("/calendar").is(200).says("anna");
    // Elsewhere, too; and never to another site.
    let elsewhere = service.browser();
    assert_eq!(service.sign_on(&elsewhere, "/sign-in/oidc?to=https%3A%2F%2Fevil.example").is(303).location, "/");
    // There is no password, so none is right.
    service.browser().sign_in("anna@team.example", PASSWORD).is(401);
    assert!(!service.fixture.log().contains("ERROR"), "{}", service.fixture.log());
}

#[test]
fn only_the_account_that_was_bound_gets_in() {
    let Some(service) = SignOn::new() else { return };
    let link = service.invite("anna@team.example", "editor");
    // Nobody has asked them in, whatever their address says.
    let stranger = service.browser();
    service.sign_on(&stranger, "/sign-in/oidc").is(403).says("Ask an admin to invite you");
    stranger.get("/").is(303);
    let anna = service.browser();
    service.sign_on(&anna, &format!("{link}/oidc")).is(303);
    // Another subject with the same address.
    service.provider.be("account=anna-again");
    let other = service.browser();
    service.sign_on(&other, "/sign-in/oidc").is(403).says("You aren't a user of this console yet");
    // An invitation that was used.
    service.browser().get(&format!("{link}/oidc")).is(404).says("This link doesn't work");
    // Someone else's invitation with an account that is Anna's.
    service.provider.be("account=anna");
    let bobs = service.invite("bob@team.example", "viewer");
    service
        .sign_on(&service.browser(), &format!("{bobs}/oidc"))
        .is(403)
        .says("That account belongs to someone else here");
    service.browser().get(&bobs).is(200);
    // Whoever was removed, also where they still have a session.
    service.fixture.run(&["users", "remove", "anna@team.example"]).exits(0);
    anna.get("/").is(303);
    service.sign_on(&service.browser(), "/sign-in/oidc").is(403).says("You aren't a user of this console yet");
    // Now it is nobody's, so Bob may have it.
    service.sign_on(&service.browser(), &format!("{bobs}/oidc")).is(303);
}

#[test]
fn a_new_link_ends_the_sign_on_before() {
    let Some(service) = SignOn::new() else { return };
    let link = service.invite("anna@team.example", "editor");
    let anna = service.browser();
    service.sign_on(&anna, &format!("{link}/oidc")).is(303);
    let anew = service.reset("anna@team.example");
    anna.get("/").is(303);
    service.sign_on(&anna, "/sign-in/oidc").is(403);
    service.provider.be("account=anna-married");
    service.sign_on(&anna, &format!("{anew}/oidc")).is(303);
    service.sign_on(&service.browser(), "/sign-in/oidc").is(303);
    service.provider.be("account=anna");
    service.sign_on(&service.browser(), "/sign-in/oidc").is(403);
}

#[test]
fn an_answer_is_good_once_in_the_browser_that_asked_for_it() {
    let Some(service) = SignOn::new() else { return };
    let link = service.invite("anna@team.example", "editor");
    service.sign_on(&service.browser(), &format!("{link}/oidc")).is(303);
    let (anna, mallory) = (service.browser(), service.browser());
    let back = service.sent_back(&anna, "/sign-in/oidc");
    // Another browser, which began nothing, or something else.
    mallory.get(&back).is(400).says("Please start again");
    let mallorys = service.sent_back(&mallory, "/sign-in/oidc");
    mallory.get(&back).is(400).says("Please start again");
    // Anna's browser, made to finish what Mallory began; and without a state.
    anna.get(&mallorys).is(400).says("Please start again");
    let without_state: String = back.split('&').filter(|part| !part.contains("state=")).collect::<Vec<_>>().join("&");
    anna.get(&without_state).is(400).says("Please start again");
    // None of that was in her way; but coming back twice is.
    let carried = anna.with_cookie(anna.cookie());
    anna.get(&back).is(303);
    anna.get("/").is(200);
    anna.get(&back).is(400).says("Please start again");
    carried.get(&back).is(400).says("Please start again");
    anna.get("/").is(200);
}

#[test]
fn a_code_is_redeemed_for_the_attempt_it_belongs_to() {
    let Some(service) = SignOn::new() else { return };
    let link = service.invite("anna@team.example", "editor");
    service.sign_on(&service.browser(), &format!("{link}/oidc")).is(303);
    let (anna, mallory) = (service.browser(), service.browser());
    let (annas, mallorys) = (service.sent_back(&anna, "/sign-in/oidc"), service.sent_back(&mallory, "/sign-in/oidc"));
    let part = |back: &str, name: &str| {
        let query = back.split_once('?').unwrap().1;
        query.split('&').find_map(|pair| pair.strip_prefix(name)?.strip_prefix('=')).unwrap().to_owned()
    };
    // Mallory puts a code that was Anna's into an answer to themselves: only Anna's browser has what redeems it.
    let swapped = mallorys.replace(&part(&mallorys, "code"), &part(&annas, "code"));
    mallory.get(&swapped).is(403).says("Please start again");
    mallory.get("/").is(303);
    // An answer that names another provider, or none (RFC 9207).
    let issuer = part(&annas, "iss");
    anna.get(&annas.replace(&issuer, "https%3A%2F%2Fevil.example")).is(403).says("We can't be sure who you are");
    let back = service.sent_back(&anna, "/sign-in/oidc");
    anna.get(&back.replace(&format!("&iss={issuer}"), "")).is(403).says("We can't be sure who you are");
    until("the log says why", || service.fixture.log().contains("couldn't sign in"));
    let log = service.fixture.log();
    for secret in [part(&annas, "code"), part(&annas, "state"), link, "anna@".to_owned()] {
        assert!(!log.contains(&secret), "{secret} in:\n{log}");
    }
}

#[test]
fn another_site_cannot_bind_its_visitors() {
    let Some(service) = SignOn::new() else { return };
    let link = service.invite("mallory@team.example", "viewer");
    let visitor = service.browser();
    let sent = visitor.ask("GET", &format!("{link}/oidc"), "Sec-Fetch-Site: cross-site\r\n", "").is(303);
    assert_eq!(sent.location, link, "first they see whose invitation it is");
    let own = visitor.ask("GET", &format!("{link}/oidc"), "Sec-Fetch-Site: same-origin\r\n", "").is(303);
    assert!(own.location.starts_with(&service.provider.issuer()), "{}", own.location);
}

#[test]
fn whoever_guesses_waits() {
    let Some(service) = SignOn::new() else { return };
    let mut last = 0;
    for _ in 0..31 {
        let guesser = service.browser();
        let begun = guesser.get("/sign-in/oidc").is(303);
        let state = begun.location.split("state=").nth(1).unwrap().split('&').next().unwrap().to_owned();
        let issuer: String = form_urlencoded::byte_serialize(service.provider.issuer().as_bytes()).collect();
        let answer = guesser.get(&format!("/sign-in/oidc/callback?code=guessed&state={state}&iss={issuer}"));
        last = answer.status;
    }
    assert_eq!(last, 429);
}

#[test]
fn what_one_process_began_another_finishes() {
    let Some(service) = SignOn::new() else { return };
    let link = service.invite("anna@team.example", "editor");
    let other = free_port();
    let mut command = service.fixture.command(&["console"]);
    command.env("FORTNIGHTLY__WEB__CONSOLE_LISTEN", format!("127.0.0.1:{other}"));
    let _other = Running(command.stderr(Stdio::null()).spawn().unwrap());
    until("it listens", || std::net::TcpStream::connect(("127.0.0.1", other)).is_ok());
    let here = service.browser();
    let back = service.sent_back(&here, &format!("{link}/oidc"));
    // A balancer in front of both passes the name on.
    let there = Browser::new(other).with_cookie(here.cookie());
    let host = format!("Host: 127.0.0.1:{}\r\n", service.port);
    assert_eq!(there.ask("GET", &back, &host, "").is(303).location, "/");
    there.ask("GET", "/", &host, "").is(200).says("anna");
}

#[test]
fn behind_a_proxy_the_callback_and_the_cookie_are_those_of_its_name() {
    let Some(mut service) = SignOn::new() else { return };
    let proxied = "console_url = \"https://console.example.org/fortnightly\"\n[web.oidc]";
    service.fixture.edit("config.toml", "[web.oidc]", proxied);
    service.restart();
    let begun = service.browser().ask("GET", "/sign-in/oidc", "Host: console.example.org\r\n", "").is(303);
    let callback = "redirect_uri=https%3A%2F%2Fconsole.example.org%2Ffortnightly%2Fsign-in%2Foidc%2Fcallback&";
    assert!(begun.location.contains(callback), "{}", begun.location);
    let cookie = begun.header("set-cookie").unwrap();
    assert!(cookie.starts_with("__host-fortnightly_sign_on="), "{cookie}");
    assert!(cookie.ends_with("; path=/; httponly; samesite=lax; secure; max-age=600"), "{cookie}");
    let page = service.browser().ask("GET", "/sign-in", "Host: console.example.org\r\n", "").is(200);
    assert!(page.body.contains("href=\"/fortnightly/sign-in/oidc?to=%2F\""), "{}", page.body);
}
