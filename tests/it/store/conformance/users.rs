//! The console's users, their links and sessions, who was wrong too often, and whom the audit names.

use fortnightly::domain::edition::EditionChange;
use fortnightly::domain::user::account::SignOnSubject;
use fortnightly::domain::user::accounts::UserRefusal;
use fortnightly::domain::user::limits::{TryHasher, TryStep};
use fortnightly::domain::user::person::Person;
use fortnightly::domain::user::{Role, UserId};
use fortnightly::store::acting::as_person;
use tokio::task::JoinSet;

use crate::store::accounts::{self, add, decide, hash, token};

use super::desk::Desk as _;
use super::samples::{Open, SEVEN, address, at, change_editions, held, plan, wish};
use super::whole::Whole as _;

fn network() -> String {
    "192.0.2.0/24".to_owned()
}

pub(in crate::store) async fn a_user_is_found_by_address_and_by_sign_on(open: Open<'_>) {
    let store = open();
    assert!(!store.has_users().await.unwrap());
    let anna = add(&*store, "anna", Role::Admin, token("anna", at(0)), at(0)).await;
    let bob = add(&*store, "bob", Role::Viewer, token("bob", at(0)), at(0)).await;
    assert_eq!((anna, bob), (UserId(1), UserId(2)));
    let sign_on = SignOnSubject { issuer: "https://id.example".to_owned(), subject: "7".to_owned() };
    let (bound, session) = (sign_on.clone(), (token("session", at(1)), network()));
    let link = token("bob", at(0));
    decide(&*store, at(1), move |accounts| accounts.bind_sign_on(link, bound.clone(), session.clone())).await.unwrap();
    assert_eq!(store.user_at(&address("ANNA@Team.example")).await.unwrap().unwrap().id, anna);
    assert_eq!(store.user_at(&address("carl@team.example")).await.unwrap(), None);
    let found = store.user_with_sign_on(&sign_on).await.unwrap().unwrap();
    assert_eq!(
        (found.id, found.role, found.seen, found.proofs.sign_on),
        (bob, Role::Viewer, Some(at(1)), Some(sign_on))
    );
}

pub(in crate::store) async fn the_number_of_a_removed_user_is_not_given_again(open: Open<'_>) {
    let store = open();
    add(&*store, "anna", Role::Admin, token("anna", at(0)), at(0)).await;
    let bob = add(&*store, "bob", Role::Admin, token("bob", at(0)), at(0)).await;
    decide(&*store, at(1), move |accounts| accounts.remove(bob)).await.unwrap();
    assert_eq!(add(&*store, "bob", Role::Admin, token("bob", at(2)), at(2)).await, UserId(3));
}

pub(in crate::store) async fn what_is_refused_changes_nothing(open: Open<'_>) {
    let store = open();
    let anna = add(&*store, "anna", Role::Admin, token("anna", at(0)), at(0)).await;
    add(&*store, "bob", Role::Viewer, token("bob", at(0)), at(0)).await;
    let before = (accounts::answers(&*store, at(1)).await, store.audit().await.unwrap());
    let refused = decide(&*store, at(1), move |accounts| {
        accounts.rename(anna, "Anna")?;
        accounts.remove(anna)
    });
    assert_eq!(refused.await, Err(UserRefusal::LastAdmin("Anna".to_owned())));
    assert_eq!((accounts::answers(&*store, at(1)).await, store.audit().await.unwrap()), before);
}

pub(in crate::store) async fn a_session_ends_when_it_must(open: Open<'_>) {
    let store = open();
    let anna = add(&*store, "anna", Role::Admin, token("anna", at(0)), at(0)).await;
    let (link, first) = (token("anna", at(0)), token("first", at(0)));
    decide(&*store, at(0), move |accounts| accounts.set_password(link, hash("x"), (first, network()))).await.unwrap();
    let visitor = store.visitor(&first, at(1)).await.unwrap().unwrap();
    assert_eq!((visitor.user, visitor.name.as_str(), visitor.role), (anna, "anna", Role::Admin));
    assert_eq!((visitor.seen, visitor.is_seen_anew(at(1))), (at(0), true));
    store.note_seen(&first, at(1)).await.unwrap();
    let seen = store.visitor(&first, at(1)).await.unwrap().unwrap().seen;
    assert_eq!((seen, store.users().await.unwrap()[0].seen), (at(1), Some(at(1))));
    assert_eq!(store.visitor(&first, at(12 * 60)).await.unwrap(), None, "it is over after 12 hours");
    assert_eq!(store.visitor(&token("other", at(0)), at(1)).await.unwrap(), None);

    let user = store.users().await.unwrap().remove(0);
    let sessions = [2, 3].map(|minute| (token("session", at(minute)), network()));
    for (minute, session) in (2..).zip(sessions.clone()) {
        let user = user.clone();
        decide(&*store, at(minute), move |accounts| accounts.sign_in(&user, None, session.clone())).await.unwrap();
    }
    let tokens = async || {
        let sessions = store.sessions(anna, at(4)).await.unwrap();
        sessions.into_iter().map(|session| session.token).collect::<Vec<_>>()
    };
    assert_eq!(tokens().await, [sessions[1].0, sessions[0].0, first], "the newest first");
    assert!(store.end_session(&first).await.unwrap() && !store.end_session(&first).await.unwrap());
    let kept = sessions[1].0;
    decide(&*store, at(4), move |accounts| {
        accounts.end_sessions(anna, Some(kept));
        Ok(())
    })
    .await
    .unwrap();
    assert_eq!(tokens().await, [kept]);
    decide(&*store, at(5), move |accounts| accounts.reset(anna, token("reset", at(5)))).await.unwrap();
    assert_eq!((tokens().await, store.visitor(&kept, at(5)).await.unwrap()), (vec![], None));
}

pub(in crate::store) async fn whoever_is_wrong_too_often_waits(open: Open<'_>) {
    use TryStep::{Begin, Succeed, TakeBack};
    let store = open();
    let hasher = TryHasher::new(&[1; 32]);
    let from = |network: u8| hasher.keys(&address("anna@team.example"), None, &format!("192.0.{network}.0/24"));
    let counts = async |keys, step, minute| store.count_try(keys, step, at(minute)).await.unwrap();
    let mut tries = JoinSet::new();
    for _ in 0..20 {
        let (store, keys) = (std::sync::Arc::clone(&store), from(0));
        tries.spawn(async move { store.count_try(keys, Begin, at(0)).await.unwrap().is_ok() });
    }
    assert_eq!(tries.join_all().await.into_iter().filter(|is_counted| *is_counted).count(), 10, "all at once");
    assert_eq!(counts(from(0), Begin, 0).await, Err(at(1)));
    // One that was right after all.
    assert_eq!(counts(from(0), TakeBack, 0).await, Ok(()));
    assert_eq!(counts(from(0), Begin, 0).await, Ok(()));
    assert_eq!(counts(from(0), Begin, 0).await, Err(at(1)));
    // From everywhere a hundred, but for where she signed in before.
    assert_eq!(counts(from(1), Succeed, 0).await, Ok(()));
    let mut counted = 0;
    for network in 2..=200 {
        counted += u32::from(counts(from(network), Begin, 0).await.is_ok());
    }
    assert_eq!((counted, counts(from(201), Begin, 0).await), (100, Err(at(1))));
    assert_eq!(counts(from(1), Begin, 0).await, Ok(()));
    let days = |days: i64| days * 24 * 60;
    assert_eq!(counts(from(202), Begin, days(2)).await, Ok(()), "all is forgotten");
    for network in 2..=200 {
        let _ = counts(from(network), Begin, days(179)).await;
    }
    assert_eq!(counts(from(1), Begin, days(179)).await, Ok(()), "but where she was before");
}

pub(in crate::store) async fn the_audit_names_who_had_it_done(open: Open<'_>) {
    let store = open();
    let anna = Person::User(UserId(3), "Anna Smith".to_owned());
    let by_anna = async {
        change_editions(&*store, &[plan(SEVEN), EditionChange::Hold(SEVEN, held("wait"))], at(0)).await;
        store.subscribe(&[wish("Hill", "a@b.example", "4-5")], at(0)).await.unwrap();
    };
    as_person(Some(&anna), by_anna).await;
    let account = Person::Account("bob".to_owned());
    as_person(Some(&account), add(&*store, "carl", Role::Admin, token("carl", at(1)), at(1))).await;
    change_editions(&*store, &[EditionChange::Release(SEVEN)], at(2)).await;
    as_person(None, store.subscribe(&[wish("Vale", "v@b.example", "4-5")], at(3))).await.unwrap();
    let named = store.audit().await.unwrap().into_iter().map(|row| (row.action, row.by.unwrap_or_default()));
    let named: Vec<_> = named.collect();
    let of = |action: &str| named.iter().filter(|(a, _)| a == action).map(|(_, by)| by.as_str()).collect::<Vec<_>>();
    assert_eq!(of("hold"), ["Anna Smith (user 3)"]);
    assert_eq!(of("plan"), ["Anna Smith (user 3)"]);
    assert_eq!((of("user-add"), of("release")), (vec!["bob"], vec![""]));
    assert_eq!(named.iter().filter(|(_, by)| by.starts_with("Anna")).count(), 4, "{named:?}");
}
