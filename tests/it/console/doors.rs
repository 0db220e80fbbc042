//! Who gets in: by the first link, by name, through a proxy, with another site's form, with an old cookie.

use super::{BEFORE, opened};
use crate::support::console::{Browser, PASSWORD, user};
use crate::support::fixture::{Fixture, scheduled, until};
use crate::support::http::console;

#[test]
fn the_first_link_is_good_once_and_only_while_there_are_no_users() {
    let fixture = Fixture::new(&scheduled(""));
    let _daemon = fixture.spawn(&["--now", BEFORE, "run"], "log");
    let (port, path) = Browser::link(&fixture);
    let stranger = Browser::new(port);
    stranger.get("/").is(401).says("Nobody can sign in here yet");
    let browser = Browser::first(&fixture);
    browser.get("/").is(200).says("Edition");
    stranger.get(&path).is(404).says("doesn't work any more");
    stranger.post(&path, &[]).is(404);
    assert!(stranger.cookie().is_none());
    // The link is in no log.
    let token = path.rsplit('/').next().unwrap();
    assert!(!fixture.log().contains(token), "{}", fixture.log());
    // From the first user on, this way in is closed, also to whoever came by it.
    fixture.at(BEFORE, &["users", "add", "anna@example.org", "--role", "viewer"]).exits(0);
    let after = browser.get("/").is(303);
    assert_eq!(after.header("location"), Some("/sign-in?to=%2f"));
}

#[test]
fn without_users_nothing_is_answered_through_a_proxy() {
    let (_fixture, _daemon, browser) = opened();
    for forwarded in
        ["X-Forwarded-For: 203.0.113.9", "Forwarded: for=203.0.113.9", "Via: 1.1 proxy", "X-Real-IP: 203.0.113.9"]
    {
        browser.ask("GET", "/", &format!("{forwarded}\r\n"), "").is(403);
        browser.ask("GET", "/sign-in", &format!("{forwarded}\r\n"), "").is(403);
    }
}

/// A proxy that says nothing of itself still passes on the name that it was asked for.
#[test]
fn without_users_nothing_is_answered_to_the_name_that_others_use() {
    let fixture = Fixture::new(&scheduled(""));
    let ours = "console_listen = \"127.0.0.1:0\"";
    fixture.edit("config.toml", ours, &format!("{ours}\nconsole_url = \"https://console.example.org\""));
    let _daemon = fixture.spawn(&["--now", BEFORE, "run"], "log");
    let browser = Browser::new(console(&fixture));
    browser.ask("GET", "/", "Host: console.example.org\r\n", "").is(403);
    browser.get("/").is(401);
    fixture.at(BEFORE, &["users", "add", "anna@example.org", "--role", "admin"]).exits(0);
    browser.ask("GET", "/", "Host: console.example.org\r\n", "").is(303);
}

#[test]
fn another_name_is_not_answered() {
    let (_fixture, _daemon, browser) = opened();
    let port = browser.port();
    for host in
        ["evil.example".to_owned(), format!("evil.example:{port}"), "127.0.0.1.evil.example".to_owned(), String::new()]
    {
        browser.ask("GET", "/", &format!("Host: {host}\r\n"), "").is(421);
    }
    for host in [format!("127.0.0.1:{port}"), format!("localhost:{port}"), format!("[::1]:{port}")] {
        browser.ask("GET", "/", &format!("Host: {host}\r\n"), "").is(200);
    }
}

#[test]
fn what_another_site_posts_changes_nothing() {
    let (fixture, _daemon, browser) = opened();
    let page = browser.get("/editions/7/hold").is(200);
    let token = page.body.split("name=\"form_token\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    let own = format!("Origin: http://127.0.0.1:{}\r\n", browser.port());
    let form = format!("form_token={token}");
    for (headers, form) in [
        ("Origin: https://evil.example\r\n", form.as_str()),
        ("Origin: null\r\n", form.as_str()),
        ("Sec-Fetch-Site: cross-site\r\n", form.as_str()),
        (own.as_str(), ""),
        (own.as_str(), "form_token=0123"),
    ] {
        browser.ask("POST", "/editions/7/hold", headers, form).is(403);
    }
    // Nor does a token of another session.
    let (other_fixture, _other_daemon, other) = opened();
    let foreign = other.get("/editions/7/hold").is(200).body;
    let foreign = foreign.split("name=\"form_token\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    browser.ask("POST", "/editions/7/hold", &own, &format!("form_token={foreign}")).is(403);
    drop(other_fixture);
    assert_eq!(fixture.planned(BEFORE, 7)["state"], "planned");
    // GET and HEAD never change anything.
    browser.get("/editions/7/hold").is(200);
    assert_eq!(fixture.planned(BEFORE, 7)["state"], "planned");
    browser.decide("/editions/7/hold", &[]).says("is held now");
    assert_eq!(fixture.planned(BEFORE, 7)["state"], "held");
}

#[test]
fn a_session_ends_on_another_machine_and_everywhere() {
    let (fixture, _daemon, first) = opened();
    let here = user(&fixture, BEFORE, first.port(), "anna@example.org", "admin");
    let there = Browser::new(first.port());
    there.sign_in("ANNA@example.org", PASSWORD).is(303);
    there.get("/").is(200).says("anna");
    let account = here.get("/account").is(200).says("This browser").says("Another browser");
    let session = account.body.split("name=\"session\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    here.post("/account/end", &[("session", &session)]).is(303);
    there.get("/").is(303);
    there.sign_in("anna@example.org", PASSWORD).is(303);
    here.get("/account").is(200);
    here.post("/account/end-all", &[]).is(303);
    there.get("/").is(303);
    here.get("/").is(200);
    // Whoever kept the cookie of a session that was signed out has nothing.
    let kept = here.with_cookie(here.cookie());
    here.post("/sign-out", &[]).is(303);
    kept.get("/").is(303);
}

#[test]
fn wrong_passwords_are_few() {
    let (fixture, _daemon, first) = opened();
    user(&fixture, BEFORE, first.port(), "anna@example.org", "viewer");
    let guesser = Browser::new(first.port());
    let mut last = 0;
    for guess in 0..30 {
        last = guesser.sign_in("anna@example.org", &format!("guess number {guess}")).status;
    }
    assert_eq!(last, 429);
    // Nor does the right one help now, and a stranger's address is no different.
    guesser.sign_in("anna@example.org", PASSWORD).is(429);
    guesser.sign_in("nobody@example.org", "whatever it may be").says("");
    until("the log says so", || fixture.log().contains("tried too often"));
    assert!(!fixture.log().contains("anna@"), "{}", fixture.log());
}

#[test]
fn others_are_let_in_only_once_someone_can_sign_in() {
    let fixture = Fixture::new(&scheduled(""));
    fixture.edit("config.toml", "console_listen = \"127.0.0.1:0\"", "console_listen = \"0.0.0.0:0\"");
    fixture.at(BEFORE, &["run"]).exits(2).complains("console_url");
    fixture.edit(
        "config.toml",
        "console_listen = \"0.0.0.0:0\"",
        "console_listen = \"0.0.0.0:0\"\nconsole_url = \"https://console.example.org\"",
    );
    for command in ["run", "console"] {
        fixture.at(BEFORE, &[command]).exits(1).complains("fortnightly users add ADDRESS --role admin");
    }
}
