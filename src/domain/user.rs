//! Who may use the console, and what each role may do there.

pub mod account;
pub mod accounts;
pub mod bearer;
pub mod changes;
pub mod limits;
pub mod link;
pub mod password;
pub mod person;
pub mod session;

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::subscriber::{WordError, words};

/// A user's number, given by the store, never used twice, kept when the store moves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct UserId(pub u64);

words! {
    /// What a user may do. Each role may do all that the ones before it may.
    Role, "role" {
        /// Looks, and sees no whole address.
        Viewer = "viewer",
        /// Also writes the library and bulletins.
        Editor = "editor",
        /// Also decides about editions.
        Approver = "approver",
        /// Also looks after subscribers and users.
        Admin = "admin",
    }
}

/// What a page shows or a button does, as far as roles differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Permission {
    /// See the pages.
    Look,
    /// See whole addresses.
    SeeAddresses,
    /// Change the library and bulletins.
    Write,
    /// Approve, swap, hold, release, withdraw, send, retry and resolve.
    Decide,
    /// Add, change, end and erase subscribers, and settle bounces.
    ManageSubscribers,
    /// Add, change and remove users.
    ManageUsers,
}

impl Role {
    /// Whether someone of this role may do that.
    pub fn may(self, what: Permission) -> bool {
        let least = match what {
            Permission::Look => Self::Viewer,
            Permission::SeeAddresses | Permission::Write => Self::Editor,
            Permission::Decide => Self::Approver,
            Permission::ManageSubscribers | Permission::ManageUsers => Self::Admin,
        };
        self >= least
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_role_may_what_the_contract_says() {
        use Permission::{Decide, Look, ManageSubscribers, ManageUsers, SeeAddresses, Write};
        let allowed = |role: Role| {
            let all = [Look, SeeAddresses, Write, Decide, ManageSubscribers, ManageUsers];
            all.into_iter().filter(|what| role.may(*what)).count()
        };
        assert_eq!(Role::ALL.iter().map(|role| allowed(*role)).collect::<Vec<_>>(), [1, 3, 4, 6]);
        assert!(!Role::Viewer.may(SeeAddresses) && !Role::Editor.may(Decide) && !Role::Approver.may(ManageUsers));
        assert_eq!("Approver".parse(), Ok(Role::Approver));
    }
}
