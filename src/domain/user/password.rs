//! Which passwords may be set (NIST SP 800-63B-4 §3.1.1.2): long ones, but for those that everyone tries first. There is no rule
//! on what they must be made of, and none ever has to be changed because of its age.

use crate::domain::address::Address;

/// The fewest characters, and the most octets: whoever sends more wants to keep us busy.
pub const SHORTEST: usize = 12;
pub const LONGEST: usize = 1_024;

/// Why a password is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PasswordProblem {
    #[error("the password is shorter than {SHORTEST} characters")]
    TooShort,
    #[error("the password is longer than {LONGEST} octets")]
    TooLong,
    #[error("the password is made from the user's address or name, or the service's name")]
    Guessable,
    #[error("the password is one of those that are tried first")]
    Commonplace,
}

/// What those who guess try first, as far as it is long enough; without spaces, signs and capital letters.
const COMMONPLACE: &[&str] = &[
    "administrator",
    "changemeplease",
    "correcthorsebatterystaple",
    "iloveyouiloveyou",
    "letmeinletmein",
    "onlinesafety",
    "passwordpassword",
    "safeguarding",
    "temporarypassword",
    "thisismypassword",
    "welcomewelcome",
];

/// Words that, with digits around them or one after the other, are no password.
const WORDS: &[&str] =
    &["password", "passw0rd", "qwertyuiop", "qwerty", "letmein", "welcome", "admin", "school", "fortnightly"];

/// Looks at a password that is to be set.
///
/// # Errors
/// Why it is not taken.
pub fn check(password: &str, address: &Address, names: &[&str]) -> Result<(), PasswordProblem> {
    if password.len() > LONGEST {
        return Err(PasswordProblem::TooLong);
    }
    if password.chars().count() < SHORTEST {
        return Err(PasswordProblem::TooShort);
    }
    let bare = bare(password);
    let own = [address.as_str(), address.local(), address.domain()].into_iter().chain(names.iter().copied());
    if own.map(self::bare).any(|own| own.len() > 2 && is_made_of(&bare, &own)) {
        return Err(PasswordProblem::Guessable);
    }
    let is_common = COMMONPLACE.contains(&bare.as_str()) || WORDS.iter().any(|word| is_made_of(&bare, word));
    if is_common || is_monotonous(password, &bare) { Err(PasswordProblem::Commonplace) } else { Ok(()) }
}

/// Letters and digits alone, without capital letters.
fn bare(text: &str) -> String {
    text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// Whether nothing but digits is left without this word.
fn is_made_of(text: &str, word: &str) -> bool {
    text.contains(word) && text.replace(word, "").chars().all(|c| c.is_ascii_digit())
}

/// Whether a password has three different characters at most, or each follows the one before as on a keyboard or in the alphabet.
fn is_monotonous(password: &str, bare: &str) -> bool {
    let mut different: Vec<char> = password.chars().collect();
    different.sort_unstable();
    different.dedup();
    let rows =
        ["01234567890123456789", "98765432109876543210", "abcdefghijklmnopqrstuvwxyz", "qwertyuiopasdfghjklzxcvbnm"];
    different.len() <= 3 || !bare.is_empty() && rows.iter().any(|row| row.contains(bare))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(password: &str) -> Result<(), PasswordProblem> {
        super::check(
            password,
            &"anna.smith@hillside.example".parse().unwrap(),
            &["Online Safety at Home", "Anna Smith"],
        )
    }

    #[test]
    fn long_ones_are_taken_whatever_they_are_made_of() {
        for good in [
            "kettle daisy fox",
            "ÄpfelBirnenÖl",
            "            x kettle",
            "correct horse battery stable",
            &"ab c".repeat(256),
        ] {
            assert_eq!(check(good), Ok(()), "{good}");
        }
    }

    #[test]
    fn what_everyone_tries_first_is_not() {
        use PasswordProblem::{Commonplace, Guessable, TooLong, TooShort};
        for (bad, why) in [
            ("kettle daisy", Ok(())),
            ("kettledaisy", Err(TooShort)),
            (&"é".repeat(513), Err(TooLong)),
            ("Anna.Smith@Hillside.example", Err(Guessable)),
            ("anna-smith-2026", Err(Guessable)),
            ("Online Safety at Home!", Err(Guessable)),
            ("Password123456", Err(Commonplace)),
            ("PasswordPassword", Err(Commonplace)),
            ("safe-guarding", Err(Commonplace)),
            ("123456789012", Err(Commonplace)),
            ("aaaaaaaaaaaa", Err(Commonplace)),
            ("qwertyuiop[asdf", Err(Commonplace)),
            ("            ", Err(Commonplace)),
        ] {
            assert_eq!(check(bad), why, "{bad}");
        }
    }
}
