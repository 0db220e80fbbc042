//! What is believed of an ID token, claim by claim. Signatures are tried with a real provider (`console::oidc`).

use chrono::TimeDelta;
use serde_json::{Value, json};

use super::*;

fn now() -> DateTime<Utc> {
    DateTime::from_timestamp(1_800_000_000, 0).unwrap()
}

/// Whether a good token with `change` is still believed, `late` seconds after it was made.
fn judged(change: &Value, late: i64) -> Result<(), TokenFault> {
    let at = now().timestamp();
    let mut claims = json!({
        "iss": "https://p.example", "sub": "ab12", "aud": "console", "exp": at + 300, "iat": at, "nonce": "n1",
        "email": "anna@example.org"
    });
    for (name, value) in change.as_object().unwrap() {
        claims[name] = value.clone();
    }
    let claims = serde_json::from_value(claims).map_err(|_| TokenFault::Malformed)?;
    let now = now() + TimeDelta::seconds(late);
    check(&claims, Expected { issuer: "https://p.example", client_id: "console", nonce: "n1", now })
}

#[test]
fn it_is_this_providers_word_for_us_on_this_request() {
    let at = now().timestamp();
    for (change, expected) in [
        (json!({}), Ok(())),
        (json!({"iss": "https://p.example/"}), Err(TokenFault::Issuer)),
        (json!({"aud": "another"}), Err(TokenFault::Audience)),
        (json!({"aud": []}), Err(TokenFault::Audience)),
        (json!({"aud": ["console"]}), Ok(())),
        (json!({"aud": ["console", "another"]}), Err(TokenFault::Audience)),
        (json!({"aud": ["console", "another"], "azp": "console"}), Ok(())),
        (json!({"aud": ["console", "another"], "azp": "another"}), Err(TokenFault::Audience)),
        (json!({"azp": "another"}), Err(TokenFault::Audience)),
        (json!({"nonce": "n2"}), Err(TokenFault::Nonce)),
        (json!({"nonce": null}), Err(TokenFault::Nonce)),
        (json!({"iat": at + 61}), Err(TokenFault::FromTheFuture)),
        (json!({"nbf": at + 61}), Err(TokenFault::FromTheFuture)),
        (json!({"iat": at + 60}), Ok(())),
        (json!({"exp": i64::MAX, "iat": i64::MIN}), Ok(())),
        (json!({"sub": ""}), Err(TokenFault::Malformed)),
        (json!({"sub": "x".repeat(256)}), Err(TokenFault::Malformed)),
        (json!({"sub": 7}), Err(TokenFault::Malformed)),
    ] {
        assert_eq!(judged(&change, 0), expected, "{change}");
    }
}

#[test]
fn clocks_may_be_a_minute_apart() {
    assert_eq!(judged(&json!({}), 300 + 59), Ok(()));
    assert_eq!(judged(&json!({}), 300 + 60), Err(TokenFault::Expired));
    assert_eq!(judged(&json!({}), -60), Ok(()));
    assert_eq!(judged(&json!({}), -61), Err(TokenFault::FromTheFuture));
}

#[test]
fn what_anyone_could_sign_is_not_even_looked_at() {
    let token = |header: &str| {
        let part = |text: &str| data_encoding::BASE64URL_NOPAD.encode(text.as_bytes());
        format!("{}.{}.{}", part(header), part("{}"), part("x"))
    };
    for algorithm in ["none", "None", "HS256", "HS512", "unheard-of"] {
        assert_eq!(header(&token(&format!("{{\"alg\":\"{algorithm}\"}}"))).map(drop), Err(TokenFault::Algorithm));
    }
    assert_eq!(header("").map(drop), Err(TokenFault::Algorithm));
    assert!(header(&token(r#"{"alg":"RS256","kid":"1"}"#)).is_ok());
}
