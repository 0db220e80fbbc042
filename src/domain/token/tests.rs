//! Tokens round-trip, and nothing but the right key and purpose opens them.

use data_encoding::BASE32_NOPAD;
use proptest::prelude::*;

use super::*;
use crate::domain::bulletin::BulletinId;
use crate::domain::edition::EditionNumber;
use crate::domain::subscriber::RecipientId;

fn ring() -> Keyring {
    Keyring::generate(std::array::from_fn(|at| u8::try_from(at).unwrap()))
}

fn two_keys() -> Keyring {
    let more = format!("key 2 {}\n", "ab".repeat(32));
    Keyring::from_text(&(ring().to_text().replace("current 1", "current 2") + &more)).unwrap()
}

fn claim(purpose: Purpose, edition: u32, recipient: u64) -> TokenPayload {
    TokenPayload { purpose, edition: EditionNumber(edition), recipient: RecipientId(recipient) }
}

fn any_claim() -> impl Strategy<Value = TokenPayload> {
    (prop::sample::select(Purpose::ALL), any::<u32>(), any::<u64>()).prop_map(|(p, e, r)| claim(p, e, r))
}

#[test]
fn a_token_fits_a_local_part_and_is_stable() {
    let token = ring().signer(1).unwrap().sign(&claim(Purpose::Unsubscribe, 7, 1541));
    assert!("unsubscribe+".len() + token.len() <= 64);
    assert!(token.bytes().all(|b| matches!(b, b'a'..=b'z' | b'2'..=b'7')));
    // Links of mails long sent must open for ever. Computed apart, with Python's hmac and base64.
    assert_eq!(token, "ceaqaaaaa4aaaaaaaaaambjb4htzgxbwpefrinxf65omvhth");
}

#[test]
fn rotation_keeps_old_links() {
    let (old, both) = (ring(), two_keys());
    let token = old.signer(1).unwrap().sign(&claim(Purpose::Preferences, 3, 4));
    assert!(both.verify(&token, Purpose::Preferences).is_ok());
    let newer = both.signer(both.current()).unwrap().sign(&claim(Purpose::Preferences, 3, 4));
    assert_eq!(old.verify(&newer, Purpose::Preferences), Err(TokenError));
    assert_eq!(old.signer(2).unwrap_err(), UnknownKey(2));
    let hello = "a@b.example".parse().unwrap();
    assert_eq!(old.address_hasher().key(&hello), both.address_hasher().key(&hello));
}

#[test]
fn no_server_honours_a_throwaway() {
    let thrown = ring().with_throwaway_key([9; 32]);
    assert!(thrown.is_throwaway() && !ring().is_throwaway());
    let token = thrown.signer(1).unwrap().sign(&claim(Purpose::Unsubscribe, 1, 1));
    assert_eq!(ring().verify(&token, Purpose::Unsubscribe), Err(TokenError));
    assert!(thrown.signer(200).is_ok(), "a preview of an edition signed with a lost key still renders");
    let hello = "a@b.example".parse().unwrap();
    assert_eq!(thrown.address_hasher().key(&hello), ring().address_hasher().key(&hello));
}

#[test]
fn a_message_name_hides_the_recipient() {
    let both = two_keys();
    for (number, begins) in [(EditionNumber(7), "e7-"), (BulletinId(3).mailing(), "b3-")] {
        let name = both.signer(2).unwrap().message_name(number, RecipientId(1));
        assert!(name.starts_with(begins), "{name}");
        assert_eq!(both.edition_in_name(&name.to_uppercase()), Some(number));
        assert!(both.names(number, RecipientId(1), &name) && !both.names(number, RecipientId(2), &name));
    }
    let signer = ring().signer(1).unwrap();
    let name = signer.message_name(EditionNumber(7), RecipientId(1));
    assert_eq!((name.len(), name.split_once('-').unwrap().0), ("e7-".len() + 26, "e7"));
    assert_eq!(name, signer.message_name(EditionNumber(7), RecipientId(1)));
    assert_ne!(name, signer.message_name(EditionNumber(7), RecipientId(2)));
    assert_ne!(name, two_keys().signer(2).unwrap().message_name(EditionNumber(7), RecipientId(1)));
}

#[test]
fn nothing_secret_is_shown() {
    let ring = ring();
    assert_eq!(format!("{ring:?}"), "Keyring(1 keys, current 1)");
    assert_eq!(format!("{:?}", ring.signer(1).unwrap()), "Signer(1, …)");
}

#[test]
fn a_keyring_survives_its_file() {
    let text = two_keys().to_text();
    assert_eq!(Keyring::from_text(&text).unwrap().to_text(), text);
    assert_eq!(Keyring::from_text(&text.replace('\n', "\r\n\r\n")).unwrap().to_text(), text);
    assert!(text.lines().all(|line| line.len() <= 100));
}

#[test]
fn a_bad_keyring_is_refused_at_its_line() {
    let good = "fortnightly-keyring 1\ncurrent 1\nkey 1 K\naddress K\n".replace('K', &"0f".repeat(32));
    assert!(Keyring::from_text(&good).is_ok());
    for (from, to, line, says) in [
        ("fortnightly-keyring 1", "", 2, "this is not a keyring"),
        ("fortnightly-keyring 1", "fortnightly-keyring 2", 1, "newer Fortnightly"),
        ("current 1", "current 256", 2, "0 to 255"),
        ("current 1", "current 2", 5, "“key 2” is missing"),
        ("current 1", "current 1\ncurrent 1", 3, "“current” is here twice"),
        ("current 1\n", "", 4, "“current” is missing"),
        ("key 1 0f", "key 1 ", 3, "64 hexadecimal digits"),
        ("key 1 0f", "key 1 0g", 3, "64 hexadecimal digits"),
        ("address", "adress", 4, "none that a keyring has"),
        ("address", "key 1", 4, "key 1 is here twice"),
        ("address", "key 2", 5, "“address” is missing"),
    ] {
        let error = Keyring::from_text(&good.replacen(from, to, 1)).unwrap_err();
        assert_eq!(error.line, line, "{error}");
        assert!(error.problem.contains(says), "{error}");
        assert!(!error.problem.contains("0f0f"), "{error} shows a key");
    }
    assert_eq!(Keyring::from_text("").unwrap_err().line, 1);
}

proptest! {
    #[test]
    fn opens_in_either_case_for_its_purpose_only(claim in any_claim()) {
        let ring = ring();
        let token = ring.signer(1).unwrap().sign(&claim);
        prop_assert_eq!(token.len(), TOKEN_LENGTH);
        for &purpose in Purpose::ALL {
            let expected = if purpose == claim.purpose { Ok(claim) } else { Err(TokenError) };
            prop_assert_eq!(ring.verify(&token, purpose), expected);
            prop_assert_eq!(ring.verify(&token.to_ascii_uppercase(), purpose), expected);
        }
    }

    #[test]
    fn any_other_character_anywhere_closes_it(claim in any_claim(), at in 0..TOKEN_LENGTH, to in "[a-z2-7 =.]") {
        let mut token = ring().signer(1).unwrap().sign(&claim);
        prop_assume!(token[at..=at] != to);
        token.replace_range(at..=at, &to);
        prop_assert_eq!(two_keys().verify(&token, claim.purpose), Err(TokenError));
    }

    #[test]
    fn any_flipped_bit_closes_it(claim in any_claim(), bit in 0_usize..240) {
        let ring = two_keys();
        let token = ring.signer(1).unwrap().sign(&claim);
        let mut octets = BASE32_NOPAD.decode(token.to_ascii_uppercase().as_bytes()).unwrap();
        octets[bit / 8] ^= 1 << (bit % 8);
        for &purpose in Purpose::ALL {
            prop_assert_eq!(ring.verify(&BASE32_NOPAD.encode(&octets), purpose), Err(TokenError));
        }
    }

    #[test]
    fn no_other_text_opens(text in "\\PC{0,60}|[a-z2-7]{48}") {
        for &purpose in Purpose::ALL {
            prop_assert_eq!(ring().verify(&text, purpose), Err(TokenError));
        }
    }
}
