//! What only the relay is told: the password, and the tokens of a mail. Relays repeat what they do not like, so it is cut out
//! of their replies before anyone else sees them.

use std::collections::BTreeMap;

use data_encoding::BASE64;
use memchr::memmem;
use secrecy::{ExposeSecret as _, SecretString};

use crate::domain::delivery::{Outcome, Reply};
use crate::domain::subscription::bounce::EnhancedStatus;
use crate::domain::token::TOKEN_LENGTH;
use crate::mail::transport::Handover;

/// The length of the pieces that are looked for: a reply may hold a part of a secret, or one that a line end divides.
const PIECE: usize = 8;

/// A secret shorter than this is not told from the words around it.
const SHORTEST: usize = 5;

/// A reply without a word as long as this has no token or name, whole or in part.
const LONG_WORD: usize = 12;

/// Secrets by the length of the pieces of them that are looked for: in small letters, with a space after each.
#[derive(Default)]
pub(super) struct Secrets(BTreeMap<usize, String>);

impl Secrets {
    /// The password as it is, and as AUTH PLAIN and LOGIN carry it.
    pub(super) fn of_login(login: Option<&(String, SecretString)>) -> Self {
        let mut secrets = Self::default();
        if let Some((user, password)) = login {
            let password = password.expose_secret();
            secrets.add(password);
            for text in [password.to_owned(), user.clone(), format!("\0{user}\0{password}")] {
                secrets.add(&BASE64.encode(text.as_bytes()));
            }
        }
        secrets
    }

    /// A mail's name and its tokens.
    fn of_mail(mail: &Handover<'_>) -> Self {
        let mut secrets = Self::default();
        let local = mail.envelope.from.as_str().split('@').next().unwrap_or_default();
        secrets.add(local.split_once('+').map_or("", |(_, token)| token));
        secrets.add(mail.name);
        let words = mail.envelope.personal_links.split(|c: char| !matches!(c, 'a'..='z' | '2'..='7'));
        words.filter(|word| word.len() >= TOKEN_LENGTH).for_each(|word| secrets.add(word));
        secrets
    }

    fn add(&mut self, secret: &str) {
        let length = folded(secret).count().min(PIECE);
        if length >= SHORTEST {
            self.0.entry(length).or_default().extend(folded(secret).map(|(_, letter)| letter).chain([' ']));
        }
    }

    /// Cuts these secrets out of what a relay said.
    pub(super) fn cut_out(&self, mut outcome: Outcome) -> Outcome {
        if let Some(reply) = outcome.reply_mut() {
            self.cut_out_of(reply);
        }
        outcome
    }

    /// As [`Secrets::cut_out`], and those of the mail that it was said about.
    pub(super) fn and_mail_cut_out(&self, outcome: Outcome, mail: &Handover<'_>) -> Outcome {
        let outcome = self.cut_out(outcome);
        let mut words =
            outcome.reply().map_or("", |reply| &reply.text).split(|c: char| !c.is_ascii_alphanumeric() && c != '-');
        if words.any(|word| word.len() >= LONG_WORD) {
            return Self::of_mail(mail).cut_out(outcome);
        }
        outcome
    }

    fn cut_out_of(&self, reply: &mut Reply) {
        if self.0.is_empty() {
            return;
        }
        // What steers the program stays, whatever the password.
        let first = reply.text.split(' ').next().unwrap_or_default();
        let start = EnhancedStatus::at_start_of(first).map_or(0, |_| first.len());
        let rest = &reply.text[start..];
        let mut is_cut = vec![false; rest.len()];
        // Where each letter stands in the reply, and where among the letters.
        let (mut places, mut letters) = (Vec::new(), String::new());
        for (place, letter) in folded(rest) {
            places.push((place, letters.len()));
            letters.push(letter);
        }
        for (length, secrets) in &self.0 {
            for piece in places.windows(*length) {
                let [(first, begin), .., (last, end)] = *piece else { continue };
                let end = end + letters[end..].chars().next().map_or(0, char::len_utf8);
                if memmem::find(secrets.as_bytes(), &letters.as_bytes()[begin..end]).is_some() {
                    is_cut[first..=last].fill(true);
                }
            }
        }
        if !is_cut.contains(&true) {
            return;
        }
        let mut text = reply.text[..start].to_owned();
        let mut follows_a_cut = false;
        for (at, letter) in rest.char_indices() {
            match is_cut[at] {
                false => text.push(letter),
                true if !follows_a_cut => text.push('…'),
                true => {}
            }
            follows_a_cut = is_cut[at];
        }
        reply.text = text;
    }
}

/// Its characters but white space, in small letters, and where each one stands.
fn folded(text: &str) -> impl Iterator<Item = (usize, char)> {
    text.char_indices().filter(|(_, c)| !c.is_whitespace()).map(|(at, c)| (at, c.to_lowercase().next().unwrap_or(c)))
}
