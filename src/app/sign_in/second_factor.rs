//! A user's second proof beside the password: set up, and taken away again.

use std::net::IpAddr;

use data_encoding::BASE32_NOPAD;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use super::SignIn;
use super::codes::{self, CodeOffer, SECRET};
use super::sealed_codes;
use crate::app::AppError;
use crate::app::error::{KeyringError, SignInRefusal};
use crate::app::network::network;
use crate::app::users::Users;
use crate::domain::user::UserId;
use crate::domain::user::limits::TryStep;

impl SignIn {
    /// A new secret for this user's app.
    ///
    /// # Errors
    /// When there is no such user.
    pub async fn begin_totp(&self, user: UserId) -> Result<CodeOffer, AppError> {
        let user = Users::new(&self.context).user(user).await?;
        let mut secret = [0; SECRET];
        getrandom::fill(&mut secret).map_err(|error| KeyringError::NoRandomness(error.to_string()))?;
        let secret = BASE32_NOPAD.encode(&secret);
        // A colon would end the issuer.
        let quoted = |text: &str| utf8_percent_encode(&text.replace(':', " "), NON_ALPHANUMERIC).to_string();
        let issuer = quoted(&self.context.config.service.name);
        let account = quoted(user.address.as_str());
        Ok(CodeOffer { url: format!("otpauth://totp/{issuer}:{account}?secret={secret}&issuer={issuer}"), secret })
    }

    /// From now on a code is asked for, too, because the app shows the right one.
    ///
    /// # Errors
    /// When the code is wrong.
    pub async fn confirm_totp(&self, user: UserId, secret: &str, code: &str) -> Result<(), AppError> {
        let typed: String = secret.chars().filter(|c| !c.is_whitespace()).collect();
        let secret = BASE32_NOPAD.decode(typed.to_ascii_uppercase().as_bytes()).unwrap_or_default();
        let step = codes::step(&secret, code, self.now()).ok_or(SignInRefusal::WrongCode)?;
        let sealed = sealed_codes::seal(&self.context.keyring, user, &secret)?;
        self.decide(move |accounts| accounts.ask_for_codes(user, sealed.clone(), step)).await
    }

    /// The step of which this is a user's code.
    pub(super) fn step(&self, user: UserId, stored: &[u8], code: &str) -> Option<u64> {
        codes::step(&sealed_codes::open(&self.context.keyring, user, stored)?, code, self.now())
    }

    /// Seals what an older version stored unsealed.
    ///
    /// # Errors
    /// When the store cannot be read or written.
    pub async fn seal_all_codes(&self) -> Result<(), AppError> {
        for user in self.context.store.users().await? {
            let (user, codes) = (user.id, user.proofs.codes);
            let Some(stored) = codes.map(|codes| codes.secret).filter(|stored| !sealed_codes::is_sealed(stored)) else {
                continue;
            };
            let sealed = sealed_codes::seal(&self.context.keyring, user, &stored)?;
            self.decide(move |accounts| accounts.reseal_codes(user, &stored, sealed.clone())).await?;
        }
        Ok(())
    }

    /// From now on no code is asked for; a last one shows that it is them. Wrong ones are counted with those of signing in: whoever
    /// sits at a browser that was left open has no more guesses than a stranger.
    ///
    /// # Errors
    /// When the code is wrong, or was used, or there were too many.
    pub async fn remove_totp(&self, user: UserId, code: &str, from: IpAddr) -> Result<(), AppError> {
        let users = self.context.store.users().await?;
        let known = users.into_iter().find(|known| known.id == user).ok_or(SignInRefusal::WrongCode)?;
        let keys = self.try_keys(&known.address, Some(&known), &network(from).to_string());
        self.count(keys, TryStep::BeginCode).await?;
        let codes = known.proofs.codes;
        let step = codes.and_then(|codes| self.step(user, &codes.secret, code)).ok_or(SignInRefusal::WrongCode)?;
        self.decide(move |accounts| accounts.ask_for_no_codes(user, step)).await?;
        self.count(keys, TryStep::RemoveCodes).await
    }
}
