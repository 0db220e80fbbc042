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
