//! What a provider's ID token must not say, whoever signed it.

use crate::support::fixture::until;
use crate::support::oidc::SignOn;

#[test]
fn a_token_that_is_wrong_lets_nobody_in() {
    let Some(service) = SignOn::new() else { return };
    let link = service.invite("anna@team.example", "editor");
    service.sign_on(&service.browser(), &format!("{link}/oidc")).is(303);
    for (fault, title) in [
        ("iss", "We can't be sure who you are"),
        ("aud", "We can't be sure who you are"),
        ("azp", "We can't be sure who you are"),
        ("nonce", "We can't be sure who you are"),
        ("no-nonce", "We can't be sure who you are"),
        ("expired", "The clocks don't agree"),
        ("future", "The clocks don't agree"),
        ("none", "We can't be sure who you are"),
        ("hs256", "We can't be sure who you are"),
        ("other-key", "We can't be sure who you are"),
        ("unknown-key", "We can't be sure who you are"),
        ("cut", "We can't be sure who you are"),
        ("no-token", "We can't be sure who you are"),
    ] {
        service.provider.be(&format!("fault={fault}"));
        let browser = service.browser();
        let answer = service.sign_on(&browser, "/sign-in/oidc");
        assert_eq!(answer.status, 403, "{fault}: {}", answer.text());
        answer.says(title);
        browser.get("/").is(303);
    }
    // Nor is a link used up by it.
    let link = service.invite("bob@team.example", "viewer");
    service.provider.be("account=bob&fault=aud");
    service.sign_on(&service.browser(), &format!("{link}/oidc")).is(403);
    service.provider.be("");
    service.sign_on(&service.browser(), &format!("{link}/oidc")).is(303);
    until("the log says why", || service.fixture.log().contains("ID token is from another issuer"));
}

#[test]
fn keys_may_change_meanwhile() {
    let Some(service) = SignOn::new() else { return };
    let link = service.invite("anna@team.example", "editor");
    service.sign_on(&service.browser(), &format!("{link}/oidc")).is(303);
    service.provider.be("rotate=1");
    service.sign_on(&service.browser(), "/sign-in/oidc").is(303);
    service.sign_on(&service.browser(), "/sign-in/oidc").is(303);
    // But it is not asked for them again and again.
    service.provider.be("rotate=1");
    service.sign_on(&service.browser(), "/sign-in/oidc").is(403).says("We can't be sure who you are");
}
