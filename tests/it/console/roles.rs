//! What each role may do: every form that changes something is tried by hand, by those who may not.

use super::{BEFORE, opened};
use crate::support::console::user;
use crate::support::fixture::until;

/// Every path that is posted to, and the least role that may.
pub(super) const CHANGES: [(&str, &str); 52] = [
    ("/editions/7/approve", "approver"),
    ("/editions/7/hold", "approver"),
    ("/editions/7/release", "approver"),
    ("/editions/7/withdraw", "approver"),
    ("/editions/7/reinstate", "approver"),
    ("/editions/7/send-late", "approver"),
    ("/editions/7/swap", "approver"),
    ("/editions/7/test-copy", "approver"),
    ("/editions/7/correct", "approver"),
    ("/library/passwords/none/withdraw", "approver"),
    ("/library/passwords/none/reinstate", "approver"),
    ("/bulletins/games/approve", "approver"),
    ("/bulletins/games/send", "approver"),
    ("/bulletins/games/hold", "approver"),
    ("/bulletins/games/release", "approver"),
    ("/bulletins/games/withdraw", "approver"),
    ("/bulletins/games/reinstate", "approver"),
    ("/bulletins/games/test-copy", "approver"),
    ("/library/games/theme/edit", "editor"),
    ("/library/games/theme/preview", "editor"),
    ("/library/games/theme/download", "editor"),
    ("/library/games/theme/checked", "editor"),
    ("/library/games/theme/unchecked", "editor"),
    ("/library/games/theme/review", "editor"),
    ("/library/games/theme/discard", "editor"),
    ("/library/games/theme/versions/1/take-back", "editor"),
    ("/sync", "admin"),
    ("/release", "approver"),
    ("/deliveries/retry", "approver"),
    ("/deliveries/arrived", "approver"),
    ("/deliveries/lost", "approver"),
    ("/suppressions/add", "admin"),
    ("/suppressions/lift", "admin"),
    ("/suppressions/take-back", "admin"),
    ("/suppressions/waves/1/confirm", "admin"),
    ("/suppressions/waves/1/dismiss", "admin"),
    ("/users", "admin"),
    ("/users/1/role", "admin"),
    ("/users/1/reset", "admin"),
    ("/users/1/remove", "admin"),
    ("/subscribers/add", "admin"),
    ("/subscribers/import", "admin"),
    ("/subscribers/import/preview", "admin"),
    ("/subscribers/export", "admin"),
    ("/subscribers/mailboxes/1/change", "admin"),
    ("/subscribers/mailboxes/1/address", "admin"),
    ("/subscribers/mailboxes/1/unsubscribe", "admin"),
    ("/subscribers/mailboxes/1/erase", "admin"),
    ("/account/end", "viewer"),
    ("/account/end-all", "viewer"),
    ("/account/codes", "viewer"),
    ("/account/codes/remove", "viewer"),
];

const ROLES: [&str; 4] = ["viewer", "editor", "approver", "admin"];

#[test]
fn whoever_may_not_is_told_so_and_it_is_logged() {
    let (fixture, _daemon, first) = opened();
    // An admin has to stay when the others are tried.
    user(&fixture, BEFORE, first.port(), "admin@example.org", "admin");
    let place = |role: &str| ROLES.iter().position(|known| *known == role).unwrap();
    for role in ROLES {
        let browser = user(&fixture, BEFORE, first.port(), &format!("{role}@people.example"), role);
        browser.get("/account").is(200);
        for (path, least) in CHANGES {
            let answer = browser.post(path, &[]);
            let may = place(role) >= place(least);
            assert_eq!(answer.status == 403, !may, "{role} {path}: {} {}", answer.status, answer.text());
            if !may {
                until("it is logged", || {
                    fixture.log().contains(&format!("path=\"{path}\""))
                        || fixture.log().contains(&format!("path={path}"))
                });
                assert!(
                    !browser.get("/").is(200).body.contains(&format!("href=\"{path}\"")),
                    "{role} is offered {path}"
                );
            }
        }
        if role == "viewer" {
            assert_eq!(fixture.planned(BEFORE, 7)["state"], "planned");
        }
    }
    // Whoever is not signed in gets no further than the door.
    let stranger = first.with_cookie(None);
    for (path, _) in CHANGES {
        assert!([303, 401, 403].contains(&stranger.post(path, &[]).status), "{path}");
    }
}
