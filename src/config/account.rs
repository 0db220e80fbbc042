//! The account on this machine under which a command is run: the audit names it. It tells colleagues apart, and proves nothing,
//! because whoever may run commands may also change what the environment says.

use std::fs;
use std::os::unix::fs::MetadataExt as _;

use crate::domain::text::check_line;

/// The account that was used before `sudo` where that was used, else the one that the environment names, else the one that this
/// process belongs to.
pub fn account() -> Option<String> {
    let named = ["SUDO_USER", "USER", "LOGNAME"].iter().find_map(|name| fit(std::env::var(name).ok()?));
    named.or_else(|| owner(fs::metadata("/proc/self").ok()?.uid(), &fs::read_to_string("/etc/passwd").ok()?))
}

/// The name of the account with this number, or the number where none has one here (passwd(5)).
fn owner(uid: u32, passwd: &str) -> Option<String> {
    let named = passwd.lines().find_map(|line| {
        let mut fields = line.split(':');
        let (name, number) = (fields.next()?, fields.nth(1)?);
        (number.parse() == Ok(uid)).then(|| name.to_owned())
    });
    named.and_then(fit).or_else(|| Some(format!("uid {uid}")))
}

/// A name that may stand in a line of the audit.
fn fit(name: String) -> Option<String> {
    (check_line(&name).is_ok() && !name.contains('@')).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_owner_is_named_as_the_machine_names_them() {
        let passwd = "root:x:0:0:root:/root:/bin/sh\nanna:x:1000:1000:Anna,,,:/home/anna:/bin/sh\n";
        assert_eq!(owner(1000, passwd).as_deref(), Some("anna"));
        assert_eq!(owner(7, passwd).as_deref(), Some("uid 7"));
    }

    #[test]
    fn a_name_breaks_no_line_and_is_no_address() {
        for bad in ["", "a\tb", "a\nb", "a\u{202E}b", "anna@example.org"] {
            assert_eq!(fit(bad.to_owned()), None, "{bad:?} was taken");
        }
    }
}
