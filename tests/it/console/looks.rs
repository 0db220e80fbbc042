//! Every page in a real Chromium: accessible at every width, light, dark and with forced colours, and without a word to anybody
//! else.

use serde_json::{Value, json};

use super::{BEFORE, opened};
use crate::browser::{browse, is_clean};
use crate::support::console::{Browser, user};
use crate::support::fixture::pick;

/// Pages that everybody with this role sees.
pub(super) fn looks(browser: &Browser, paths: &[&str]) -> Value {
    let mut tasks = Vec::new();
    for path in paths {
        for (width, dark, forced) in
            [(390, false, false), (390, true, false), (1280, false, false), (1280, true, false), (1280, false, true)]
        {
            tasks.push(json!({
                "do": "look", "url": format!("http://127.0.0.1:{}{path}", browser.port()), "width": width, "dark": dark,
                "forced": forced, "cookie": browser.cookie()
            }));
        }
    }
    Value::Array(tasks)
}

#[test]
fn every_page_is_accessible_at_every_width_light_and_dark() {
    let (fixture, _daemon, first) = opened();
    let admin = user(&fixture, BEFORE, first.port(), "anna@example.org", "admin");
    let id = pick(&fixture.planned(BEFORE, 7), "8-10")["id"].as_str().unwrap().to_owned();
    let withdraw = format!("/library/{id}/withdraw");
    let tasks = looks(
        &admin,
        &[
            "/",
            &withdraw,
            "/calendar",
            "/log",
            "/users",
            "/account",
            "/account/codes",
            "/editions/7",
            "/editions/7/test-copy",
            "/editions/7/segments/school.11-14_14plus.en-GB?view=phone",
            "/editions/7/segments/school.11-14_14plus.en-GB?view=source",
            "/editions/7/approve",
            "/suppressions",
            "/suppressions/add",
            "/suppressions/take-back",
            "/subscribers",
            "/report",
            "/editions/7/hold",
            "/editions/7/swap?band=8-10",
            "/users/1/role",
            "/subscribers",
            "/subscribers/1",
            "/subscribers/mailboxes/1",
            "/subscribers/mailboxes/1/change",
            "/subscribers/mailboxes/1/unsubscribe",
            "/subscribers/mailboxes/1/erase",
            "/subscribers/add",
            "/subscribers/import",
            "/subscribers/export",
        ],
    );
    let Some(results) = browse(&tasks) else { return };
    is_clean(&tasks, &results);
    let stranger = looks(&Browser::new(first.port()), &["/sign-in"]);
    let Some(results) = browse(&stranger) else { return };
    is_clean(&stranger, &results);
}
