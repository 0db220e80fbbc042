//! Addresses as a person may see them: whoever only looks is not told whose they are.

use super::caller::Caller;
use crate::domain::address::Address;
use crate::domain::user::Permission;

/// The address, or `o…@hillside.example` for those who may not see it.
pub(super) fn shown(caller: &Caller, address: &Address) -> String {
    if caller.may(Permission::SeeAddresses) {
        return address.to_string();
    }
    let first: String = address.local().chars().take(1).collect();
    format!("{first}…@{}", address.domain())
}

/// What a mail server said, as this person may see it: it may name an address.
pub(super) fn said(caller: &Caller, said: &str) -> String {
    if caller.may(Permission::SeeAddresses) || !said.contains('@') {
        return said.to_owned();
    }
    let word = |word: &str| if word.contains('@') { "…@…".to_owned() } else { word.to_owned() };
    said.split(' ').map(word).collect::<Vec<_>>().join(" ")
}
