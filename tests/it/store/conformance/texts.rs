//! What texts of the library said before: a version each time, never the same twice, and never more than fifty.

use fortnightly::app::acting::as_person;
use fortnightly::domain::user::UserId;
use fortnightly::domain::user::person::Person;
use fortnightly::domain::writing::version::{KeptText, MOST_VERSIONS, SaveAction};
use fortnightly::store::Store;

use super::samples::{ALL, Open, at};

/// Keeps a text; by Anna where it was saved.
pub(in crate::store) async fn keep(store: &dyn Store, file: &str, text: &str, saved: Option<SaveAction>, minutes: i64) {
    let kept = KeptText { file: file.to_owned(), text: text.to_owned(), saved };
    let anna = Person::User(UserId(3), "Anna".to_owned());
    as_person(Some(&anna), store.keep_text(&kept, at(minutes))).await.unwrap();
}

pub(in crate::store) async fn a_text_keeps_its_versions(open: Open<'_>) {
    let store = open();
    let file = "games/one.md";
    assert_eq!(store.text_versions(file).await.unwrap(), []);
    keep(&*store, file, "as it was found", None, 1).await;
    keep(&*store, file, "as it was found", None, 2).await;
    keep(&*store, file, "once", Some(SaveAction::Write), 3).await;
    keep(&*store, "games/two.md", "another", Some(SaveAction::Write), 4).await;
    keep(&*store, file, "twice", Some(SaveAction::Review), 5).await;
    let versions = store.text_versions(file).await.unwrap();
    let told: Vec<_> = versions.iter().map(|one| (one.number, one.at, one.by.as_deref())).collect();
    assert_eq!(told, [(3, at(5), Some("Anna (user 3)")), (2, at(3), Some("Anna (user 3)")), (1, at(1), None)]);
    assert_eq!(store.text_version(file, 1).await.unwrap().as_deref(), Some("as it was found"));
    assert_eq!(store.text_version(file, 9).await.unwrap(), None);
    let audit = store.audit_page(None, None, ALL).await.unwrap();
    let lines: Vec<_> =
        audit.iter().map(|(_, line)| (line.action.as_str(), line.subject.as_str(), line.by.as_deref())).collect();
    let anna = Some("Anna (user 3)");
    assert_eq!(
        lines,
        [
            ("write", "text games/one.md", anna),
            ("write", "text games/two.md", anna),
            ("review", "text games/one.md", anna)
        ]
    );
}

pub(in crate::store) async fn the_oldest_versions_of_a_text_go(open: Open<'_>) {
    let store = open();
    let most = i64::from(MOST_VERSIONS);
    for n in 1..=most + 2 {
        keep(&*store, "help.toml", &format!("text {n}"), Some(SaveAction::Write), n).await;
    }
    let numbers: Vec<u64> = store.text_versions("help.toml").await.unwrap().iter().map(|one| one.number).collect();
    assert_eq!((numbers.len(), numbers[0], numbers[numbers.len() - 1]), (MOST_VERSIONS as usize, 52, 3));
    assert_eq!(store.text_version("help.toml", 2).await.unwrap(), None);
}
