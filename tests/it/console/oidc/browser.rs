//! In a real Chromium, with the provider on another site: whether cookies, redirects and our own policy let people through.

use serde_json::json;

use crate::browser::{browse, is_clean};
use crate::console::looks::looks;
use crate::support::oidc::SignOn;

#[test]
fn a_browser_goes_to_the_provider_and_comes_back_without_script() {
    // To a browser, localhost is another site than 127.0.0.1.
    let Some(service) = SignOn::with(&json!({"host": "localhost"})) else { return };
    let (link, other) = (service.invite("anna@team.example", "editor"), service.invite("bob@team.example", "viewer"));
    let home = format!("http://127.0.0.1:{}", service.port);
    let press = |path: &str| json!({"do": "press", "url": format!("{home}{path}"), "script": false, "steps": [{"click": "main a.button"}]});
    // Each in a browser of its own.
    let tasks = json!([press(&link), press("/sign-in?to=%2Fcalendar")]);
    let Some(results) = browse(&tasks) else { return };
    assert_eq!(results[0]["url"], format!("{home}/"), "{}", results[0]);
    assert_eq!(results[1]["url"], format!("{home}/calendar"), "{}", results[1]);
    let tasks = looks(&service.browser(), &["/sign-in", &other]);
    let Some(results) = browse(&tasks) else { return };
    is_clean(&tasks, &results);
}
