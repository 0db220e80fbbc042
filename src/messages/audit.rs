//! The audit table's details in words. What older versions wrote is a sentence and stays as it is.

use serde::de::DeserializeOwned;

use super::{edition, picks};
use crate::domain::edition::{EditionNumber, HoldReason, MissReason, Repicked, UnapproveReason, WithdrawReason};
use crate::domain::subscription::import::ImportFigures;
use crate::domain::subscription::sync::SyncFigures;
use crate::domain::user::Role;
use crate::domain::user::changes::{Added, Changed};

/// What a line of the audit table says besides its action; `subject` is such as `edition 7`.
pub fn detail(action: &str, subject: &str, detail: &str) -> String {
    let number = subject.split(' ').nth(1).and_then(|number| number.parse().ok()).map(EditionNumber);
    words(action, number.unwrap_or(EditionNumber(0)), detail).unwrap_or_else(|| detail.to_owned())
}

fn words(action: &str, number: EditionNumber, detail: &str) -> Option<String> {
    match action {
        "hold" => data::<HoldReason>(detail).map(|reason| edition::hold(&reason, number)),
        "miss" => data::<MissReason>(detail).map(|reason| edition::miss(&reason)),
        "withdraw" => data::<WithdrawReason>(detail).map(edition::withdrawn),
        "repick" => data::<Vec<Repicked>>(detail).map(|repicked| picks::repicked(&repicked)),
        "unapprove" => data::<UnapproveReason>(detail)
            .map(|UnapproveReason::Edited { edits }| format!("edited after it was approved: {}", picks::edits(&edits))),
        "import" => data::<ImportFigures>(detail).map(|ImportFigures { added, updated, unchanged, kept_out }| {
            format!("{added} added, {updated} updated, {unchanged} unchanged, {kept_out} kept out")
        }),
        "sync" => data::<SyncFigures>(detail).map(|figures| {
            let SyncFigures { subscribers, updated, started, rebanded, ended } = figures;
            format!(
                "subscribers: {subscribers} new, {updated} updated; \
                 mailboxes: {started} subscribed, {rebanded} with other bands, {ended} ended"
            )
        }),
        "user-add" => data::<Added>(detail).map(|Added { name, role }| format!("{name}, {role}")),
        "user-role" => data::<Changed<Role>>(detail).map(|Changed { before, after }| format!("{before} → {after}")),
        "user-name" => data::<Changed<String>>(detail).map(|Changed { before, after }| format!("{before} → {after}")),
        "user-remove" => data::<String>(detail),
        "user-codes" => data::<bool>(detail)
            .map(|asked| if asked { "from now on with a code from an app" } else { "without a code" }.to_owned()),
        "rename" if !detail.is_empty() => Some(format!("it was called {detail}")),
        _ => None,
    }
}

fn data<T: DeserializeOwned>(detail: &str) -> Option<T> {
    serde_json::from_str(detail).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn says_what_the_data_mean_and_repeats_what_is_no_data() {
        for (action, stored, told) in [
            ("hold", r#"{"code":"operator","detail":{"why":"wait"}}"#, "an operator held it: wait"),
            ("hold", "an operator held it", "an operator held it"),
            ("miss", r#"{"code":"overtaken","detail":{"by":8,"held":true}}"#, "edition 8 fell due while it was held"),
            ("withdraw", r#"{"code":"operator"}"#, "an operator withdrew it"),
            ("repick", "[]", "the texts as they are now"),
            (
                "repick",
                r#"[{"band":"4-5","before":"a/x","after":"a/y","reason":{"code":"only-one"}},
                    {"band":"14+","before":"a/z","after":null,"reason":null}]"#,
                "4-5: a/x → a/y (the theme's only activity for this age group); 14+: a/z → none",
            ),
            (
                "unapprove",
                r#"{"code":"edited","detail":{"edits":[{"id":"a/x","title":"X","parts":["title","get-ready"]}]}}"#,
                "edited after it was approved: “X” (a/x): title, “Get ready”",
            ),
            ("user-add", r#"{"name":"Anna","role":"editor"}"#, "Anna, editor"),
            ("user-role", r#"{"before":"admin","after":"viewer"}"#, "admin → viewer"),
            ("user-remove", r#""Anna""#, "Anna"),
            ("user-codes", "true", "from now on with a code from an app"),
            ("plan", "2026-11-30, theme passwords", "2026-11-30, theme passwords"),
        ] {
            assert_eq!(detail(action, "edition 7", stored), told);
        }
        let missing = r#"{"code":"approval-missing","detail":{"due":"2026-09-07T08:00:00+01:00"}}"#;
        assert!(detail("hold", "edition 7", missing).contains("`fortnightly approve 7`"));
    }
}
