//! The relaxed form of a body (RFC 6376 §3.4.4), handed over in long pieces: finding every word again costs nearly as much as
//! the hash.

use mail_auth::common::headers::{Writable, Writer};
use mail_auth::dkim::Canonicalization;
use memchr::{memchr, memmem};

/// A body with CRLF line ends.
pub(super) struct RelaxedBody<'a>(pub(super) &'a [u8]);

impl Writable for RelaxedBody<'_> {
    fn write(self, writer: &mut impl Writer) {
        let mut rest = self.0;
        if !only_spaces_change(rest) {
            return Canonicalization::Relaxed.canonical_body(rest, 0).write(writer);
        }
        while let Some(at) = memmem::find(rest, b"  ") {
            let (piece, spaces) = rest.split_at(at + 1);
            writer.write(piece);
            rest = &spaces[spaces.iter().take_while(|octet| **octet == b' ').count()..];
        }
        writer.write(rest);
    }
}

/// Whether all that the relaxed form does is to make one space of several. Quoted-printable has no white space at the end of a
/// line, and ours has no tab, so of our own mail this is always so.
fn only_spaces_change(body: &[u8]) -> bool {
    let ends_in_one_line_end = body.ends_with(b"\r\n") && !body.ends_with(b"\r\n\r\n") && body != b"\r\n";
    ends_in_one_line_end && memchr(b'\t', body).is_none() && memmem::find(body, b" \r").is_none()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn written(body: impl Writable) -> Vec<u8> {
        let mut out = Vec::new();
        body.write(&mut out);
        out
    }

    proptest! {
        /// It is what mail-auth, and so whoever verifies, makes of the body.
        #[test]
        fn the_relaxed_form_is_that_of_the_standard(
            lines in prop::collection::vec("(\\PC| |\t){0,6}|( {0,4}[a=.]{1,3}){0,4}", 0..6),
            ends_in_a_line_end in any::<bool>(),
        ) {
            let mut body = lines.join("\r\n").into_bytes();
            if ends_in_a_line_end {
                body.extend_from_slice(b"\r\n");
            }
            let theirs = written(Canonicalization::Relaxed.canonical_body(&body, 0));
            prop_assert_eq!(written(RelaxedBody(&body)), theirs);
        }
    }

    /// Our own mail takes the short way, and the spaces in it are what the standard changes.
    #[test]
    fn runs_of_spaces_become_one() {
        let body = b"  a   b\r\nc  =\r\n   d\r\n";
        assert!(only_spaces_change(body));
        assert_eq!(written(RelaxedBody(body)), b" a b\r\nc =\r\n d\r\n");
        for other in [&b"a \r\n"[..], b"a\tb\r\n", b"a\r\n\r\n", b"\r\n", b"a", b""] {
            assert!(!only_spaces_change(other), "{other:?}");
        }
    }
}
