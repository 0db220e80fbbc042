//! What someone reads who couldn't sign in with the organisation's account.

use crate::app::error::SignOnRefusal;
use crate::domain::text::lists::count;
use crate::oidc::{OidcError, TokenFault};

/// What a page says: its title, and sentences.
type Said = (&'static str, Vec<String>);

fn said(title: &'static str, sentences: &[&str]) -> Said {
    (title, sentences.iter().map(|one| (*one).to_owned()).collect())
}

/// Why someone isn't in, and what to do.
pub fn refused(why: &SignOnRefusal) -> Said {
    match why {
        SignOnRefusal::NotConfigured => said(
            "You can't sign in that way here",
            &["This console doesn't use an organisation's accounts. Sign in with your password."],
        ),
        SignOnRefusal::Stale => start_again(),
        SignOnRefusal::Unknown => said(
            "You aren't a user of this console yet",
            &[
                "You've signed in to your organisation's account, but it doesn't belong to any user of this console.",
                "Ask an admin to invite you, and open the link that they give you. If you could sign in before, ask an admin for \
                 a new link.",
            ],
        ),
        SignOnRefusal::Provider(error) => provider(error),
    }
}

fn start_again() -> Said {
    said(
        "Please start again",
        &[
            "You took longer than ten minutes, or started in another browser, or loaded this page twice.",
            "Go to the sign-in page and start again. If you came here from an invitation, open its link again.",
        ],
    )
}

fn provider(error: &OidcError) -> Said {
    match error {
        OidcError::NoAnswer { .. } | OidcError::Status { .. } => said(
            "Your organisation's sign-in page doesn't answer",
            &[
                "Nobody can sign in that way just now. Try again in a few minutes.",
                "If it stays like this, tell whoever looks after this console: its log says why.",
            ],
        ),
        OidcError::Declined(word) if word == "access_denied" => said(
            "You weren't signed in",
            &[
                "Either you cancelled, or your organisation doesn't let your account use this console.",
                "Try again. If you get here again, ask your IT team to let you use it.",
            ],
        ),
        OidcError::Declined(_) => said(
            "You weren't signed in",
            &[
                "Your organisation's sign-in page sent you back before you had finished.",
                "Try again. If you get here again, tell whoever looks after this console: its log says why.",
            ],
        ),
        // The code was used, or it is too old.
        OidcError::NotRedeemed(word) if word == "invalid_grant" => start_again(),
        OidcError::NotRedeemed(_) | OidcError::OtherIssuer { .. } | OidcError::NotSecure(_) => said(
            "That way of signing in isn't set up properly",
            &[
                "Nobody can use it until that's put right. Tell whoever looks after this console: its log says what's wrong.",
            ],
        ),
        OidcError::Token(TokenFault::Expired | TokenFault::FromTheFuture) => said(
            "The clocks don't agree",
            &[
                "Your organisation's sign-in page and this console tell different times, so nobody can sign in that way.",
                "Tell whoever looks after this console: its log says more.",
            ],
        ),
        OidcError::NotUnderstood(_) | OidcError::AnotherAnswered | OidcError::Token(_) => said(
            "We can't be sure who you are",
            &[
                "The answer of your organisation's sign-in page didn't pass our checks, so you weren't signed in.",
                "Try again. If you get here again, tell whoever looks after this console: its log says why.",
            ],
        ),
    }
}

/// The account that someone signed in with belongs to another user.
pub fn taken() -> Said {
    said(
        "That account belongs to someone else here",
        &[
            "You signed in with an account that another user of this console signs in with, so nothing was changed.",
            "Sign out of that account in your browser, open the link of your invitation again, and sign in with your own.",
        ],
    )
}

/// Why nobody is let in for a while.
pub fn paused(minutes: u64) -> Said {
    let minutes = count(minutes, "minute", "minutes");
    let how = format!("There have been too many failed attempts to sign in from your network. Try again in {minutes}.");
    ("Please wait a little", vec![how])
}
