//! A provider that is away, slow, or answers what no provider does; and people who change their mind.

use std::time::{Duration, Instant};

use serde_json::json;

use crate::support::console::{Browser, PASSWORD};
use crate::support::fixture::until;
use crate::support::oidc::SignOn;

#[test]
fn whoever_cancels_is_told_what_to_do() {
    let Some(service) = SignOn::new() else { return };
    let link = service.invite("anna@team.example", "editor");
    service.provider.be("fault=cancelled");
    for _ in 0..35 {
        // It is no wrong guess, however often.
        service.sign_on(&service.browser(), &format!("{link}/oidc")).is(403).says("Either you cancelled");
    }
    service.provider.be("fault=login-required");
    service.sign_on(&service.browser(), &format!("{link}/oidc")).is(403).says("before you had finished");
    service.provider.be("");
    service.sign_on(&service.browser(), &format!("{link}/oidc")).is(303);
    until("the log says why", || service.fixture.log().contains("access_denied"));
    assert!(!service.fixture.log().contains("anna@"), "{}", service.fixture.log());
}

#[test]
fn a_provider_that_is_away_is_in_nobodys_way() {
    let Some(mut service) = SignOn::new() else { return };
    let link = service.invite("anna@team.example", "editor");
    let bobs = service.invite("bob@team.example", "viewer");
    let anna = service.browser();
    service.sign_on(&anna, &format!("{link}/oidc")).is(303);
    let waiting = service.browser();
    let back = service.sent_back(&waiting, "/sign-in/oidc");
    service.provider.stop();
    waiting.get(&back).is(503).says("doesn't answer").says("Try again in a few minutes");
    service.restart();
    service.browser().get("/sign-in/oidc").is(503).says("Your organisation's sign-in page doesn't answer");
    // Whoever is in stays in, and passwords work.
    anna.get("/").is(200);
    let bob = service.browser();
    bob.get(&bobs).is(200);
    bob.post(&bobs, &[("password", PASSWORD)]).is(303);
    service.provider.start();
    until("it answers again", || service.browser().get("/sign-in/oidc").status == 303);
    service.sign_on(&service.browser(), "/sign-in/oidc").is(303);
}

#[test]
fn what_no_provider_answers_is_not_believed() {
    let Some(mut service) = SignOn::new() else { return };
    for fault in ["big-discovery", "broken-discovery", "redirect-discovery", "html-discovery", "other-issuer"] {
        service.provider.be(&format!("fault={fault}"));
        service.restart();
        let status = service.browser().get("/sign-in/oidc").status;
        let expected = if matches!(fault, "html-discovery" | "other-issuer") { 403 } else { 503 };
        assert_eq!(status, expected, "{fault}");
    }
    service.provider.be("");
    service.restart();
    let link = service.invite("anna@team.example", "editor");
    service.sign_on(&service.browser(), &format!("{link}/oidc")).is(303);
    for fault in ["big-token", "broken-token", "redirect-token", "html-token"] {
        service.provider.be(&format!("fault={fault}"));
        let browser = service.browser();
        let status = service.sign_on(&browser, "/sign-in/oidc").status;
        let expected = if fault == "html-token" { 403 } else { 503 };
        assert_eq!(status, expected, "{fault}");
        browser.get("/").is(303);
    }
    service.provider.be("");
    service.sign_on(&service.browser(), "/sign-in/oidc").is(303);
}

#[test]
fn a_slow_provider_is_given_up_and_holds_up_nobody() {
    let Some(service) = SignOn::new() else { return };
    let link = service.invite("anna@team.example", "editor");
    service.sign_on(&service.browser(), &format!("{link}/oidc")).is(303);
    for fault in ["slow-token", "drip-token"] {
        service.provider.be(&format!("fault={fault}"));
        let port = service.port;
        let waiting: Vec<_> = (0..8)
            .map(|_| {
                let browser = service.browser();
                let (back, cookie) = (service.sent_back(&browser, "/sign-in/oidc"), browser.cookie());
                std::thread::spawn(move || Browser::new(port).with_cookie(cookie).get(&back).status)
            })
            .collect();
        let begun = Instant::now();
        service.browser().get("/sign-in").is(200);
        assert!(begun.elapsed() < Duration::from_secs(5), "others wait {:?}", begun.elapsed());
        for status in waiting {
            assert_eq!(status.join().unwrap(), 503, "{fault}");
        }
        assert!(begun.elapsed() < Duration::from_secs(30), "it took {:?}", begun.elapsed());
    }
}

#[test]
fn a_provider_that_takes_the_secret_in_the_form_only_gets_it_there() {
    let Some(service) = SignOn::with(&json!({"method": "client_secret_post"})) else { return };
    let link = service.invite("anna@team.example", "editor");
    service.sign_on(&service.browser(), &format!("{link}/oidc")).is(303);
    service.sign_on(&service.browser(), "/sign-in/oidc").is(303);
}

#[test]
fn a_secret_that_is_wrong_is_said_in_the_log() {
    let Some(mut service) = SignOn::new() else { return };
    service.fixture.write("secret", "another secret");
    service.restart();
    service.sign_on(&service.browser(), "/sign-in/oidc").is(403).says("isn't set up properly");
    until("the log says why", || service.fixture.log().contains("invalid_client"));
    assert!(!service.fixture.log().contains("another secret"));
}
