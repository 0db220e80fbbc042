//! Who may be removed and demoted, and what a link, a code and a session are good for.

use chrono::TimeDelta;

use super::*;

fn at(minutes: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_800_000_000, 0).unwrap() + TimeDelta::minutes(minutes)
}

fn token(number: u8) -> TokenHash {
    TokenHash([number; 32])
}

fn session(number: u8) -> (TokenHash, String) {
    (token(number), "203.0.113.0/24".to_owned())
}

fn hash(text: &str) -> PasswordHash {
    PasswordHash(text.to_owned())
}

/// Users of these roles, numbered from 1, each with a link of that number.
fn accounts(roles: &[Role]) -> Accounts {
    let mut accounts = Accounts::new(Vec::new(), Vec::new(), UserId(1), at(0));
    for (number, role) in (1..).zip(roles) {
        let address = format!("u{number}@example.org").parse().unwrap();
        accounts.add(address, format!("User {number}"), *role, token(number));
    }
    accounts.abandon();
    accounts
}

#[test]
fn the_last_admin_stays_while_there_are_others() {
    let last = |id| Err(UserRefusal::LastAdmin(format!("User {id}")));
    let mut one = accounts(&[Role::Admin, Role::Approver]);
    assert_eq!(one.remove(UserId(1)).map(drop), last(1));
    assert_eq!(one.change_role(UserId(1), Role::Editor).map(drop), last(1));
    assert_eq!(one.changes(), &UserChanges::default());
    one.change_role(UserId(2), Role::Admin).unwrap();
    assert_eq!(one.change_role(UserId(1), Role::Editor), Ok(Role::Admin));
    one.remove(UserId(1)).unwrap();
    one.remove(UserId(2)).unwrap();
    assert!(!one.any(), "the last of all may go");
}

#[test]
fn what_is_as_wished_already_is_no_change() {
    let mut one = accounts(&[Role::Admin]);
    assert_eq!(one.change_role(UserId(1), Role::Admin), Ok(Role::Admin));
    assert_eq!(one.rename(UserId(1), "User 1").as_deref(), Ok("User 1"));
    assert_eq!(one.changes(), &UserChanges::default());
}

#[test]
fn a_link_is_good_once_and_for_a_day() {
    let mut one = accounts(&[Role::Admin]);
    let users: Vec<User> = one.users.values().cloned().collect();
    let links: Vec<OneTimeLink> = one.links.values().cloned().collect();
    let late = Accounts::new(users, links, UserId(2), at(24 * 60));
    assert_eq!(late.link(token(1)).map(drop), Err(UserRefusal::LinkOver));
    let begun = one.set_password(token(1), hash("x"), session(5)).unwrap();
    assert_eq!((begun.user, begun.expires), (UserId(1), at(12 * 60)));
    assert_eq!(one.changes().ended, [(UserId(1), None)], "the other sessions end");
    assert_eq!(one.set_password(token(1), hash("y"), session(6)), Err(UserRefusal::LinkOver));
    assert_eq!(one.user(UserId(1)).unwrap().proofs.password, Some(hash("x")));
}

#[test]
fn a_reset_takes_everything_back_that_counted_before() {
    let mut one = accounts(&[Role::Admin]);
    one.set_password(token(1), hash("x"), session(5)).unwrap();
    one.ask_for_codes(UserId(1), vec![1], 7).unwrap();
    let before = one.user(UserId(1)).unwrap().clone();
    one.abandon();
    one.reset(UserId(1), token(2)).unwrap();
    one.reset(UserId(1), token(3)).unwrap();
    assert_eq!(one.user(UserId(1)).unwrap().proofs, Proofs::default());
    assert_eq!(one.link(token(2)).map(drop), Err(UserRefusal::LinkOver), "the newer one counts");
    assert_eq!(one.changes().ended[0], (UserId(1), None));
    assert_eq!(one.sign_in(&before, Some(8), session(6)), Err(UserRefusal::ChangedMeanwhile));
}

#[test]
fn a_code_is_good_once() {
    let mut one = accounts(&[Role::Admin]);
    one.set_password(token(1), hash("x"), session(5)).unwrap();
    one.ask_for_codes(UserId(1), vec![1], 7).unwrap();
    let seen = one.user(UserId(1)).unwrap().clone();
    assert_eq!(one.sign_in(&seen, Some(7), session(6)), Err(UserRefusal::CodeUsed));
    assert!(one.sign_in(&seen, Some(8), session(6)).is_ok());
    assert_eq!(one.sign_in(&seen, Some(8), session(7)), Err(UserRefusal::CodeUsed));
    assert_eq!(one.ask_for_no_codes(UserId(1), 8), Err(UserRefusal::CodeUsed));
    assert_eq!(one.ask_for_no_codes(UserId(1), 9), Ok(()));
}

#[test]
fn a_sign_on_is_bound_by_a_link_and_to_one_user() {
    let mut one = accounts(&[Role::Admin, Role::Editor]);
    let sign_on = |subject: &str| SignOnSubject { issuer: "https://x".to_owned(), subject: subject.to_owned() };
    assert!(one.bind_sign_on(token(1), sign_on("a"), session(5)).is_ok());
    assert_eq!(one.bind_sign_on(token(1), sign_on("b"), session(5)), Err(UserRefusal::LinkOver));
    assert_eq!(one.bind_sign_on(token(2), sign_on("a"), session(5)), Err(UserRefusal::SignOnTaken));
    assert!(one.bind_sign_on(token(2), sign_on("b"), session(5)).is_ok());
}

#[test]
fn no_line_of_the_audit_has_an_address() {
    let mut one = accounts(&[]);
    one.add("a@example.org".parse().unwrap(), "A".to_owned(), Role::Admin, token(1));
    one.rename(UserId(1), "B").unwrap();
    one.reset(UserId(1), token(2)).unwrap();
    one.remove(UserId(1)).unwrap();
    let notes: Vec<_> = one.changes().notes.iter().map(|note| (note.action, note.subject(), &*note.detail)).collect();
    assert!(notes.iter().all(|note| !format!("{note:?}").contains('@')), "{notes:?}");
    let actions: Vec<_> = notes.iter().map(|(action, ..)| *action).collect();
    assert_eq!(actions, ["user-add", "user-name", "user-reset", "user-remove"]);
}
