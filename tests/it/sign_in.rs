//! Getting into the console: links, passwords, codes, sessions, and what becomes of those who guess.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use chrono::{DateTime, TimeDelta, Utc};
use data_encoding::BASE32_NOPAD;
use fortnightly::app::error::SignInRefusal;
use fortnightly::app::sign_in::hashing::Hashing;
use fortnightly::app::sign_in::{SignIn, SignedIn};
use fortnightly::app::users::{AddResult, SignsIn, Users};
use fortnightly::app::{AppContext, AppError, bootstrap};
use fortnightly::clock::Clock;
use fortnightly::domain::user::account::PasswordHash;
use fortnightly::domain::user::accounts::UserRefusal;
use fortnightly::domain::user::link::LinkPurpose;
use fortnightly::domain::user::{Role, UserId};
use secrecy::ExposeSecret as _;
use totp_rs::Builder;

use crate::support::fixture::{BASE, Fixture};

const HERE: IpAddr = IpAddr::V4(Ipv4Addr::new(203, 0, 113, 9));
const ANNA: &str = "anna@team.example";
const RIGHT: &str = "kettle daisy fox";

/// Counts, and hashes nothing.
#[derive(Default)]
struct Counted(AtomicUsize);

impl Hashing for Counted {
    fn hash(&self, password: &str) -> Result<PasswordHash, AppError> {
        Ok(PasswordHash(format!("hash of {password}")))
    }

    fn is(&self, password: &str, hash: Option<&PasswordHash>) -> bool {
        self.0.fetch_add(1, Ordering::SeqCst);
        hash.is_some_and(|hash| hash.0 == format!("hash of {password}"))
    }
}

struct Team {
    context: AppContext,
    hashing: Arc<Counted>,
    fixture: Fixture,
}

fn at(seconds: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_790_000_000, 0).unwrap() + TimeDelta::seconds(seconds)
}

/// The token of what a link says.
fn token(url: &str) -> &str {
    url.rsplit('/').next().unwrap()
}

impl Team {
    async fn new() -> Self {
        let fixture = Fixture::new(BASE);
        let config = fortnightly::config::load(&fixture.path("config.toml")).unwrap();
        let context = bootstrap::open(config, Clock::Fixed(at(0))).await.unwrap();
        Self { context, hashing: Arc::default(), fixture }
    }

    fn sign_in(&self, seconds: i64) -> SignIn {
        SignIn::with_hashing(&self.at(seconds), Arc::clone(&self.hashing) as Arc<dyn Hashing>)
    }

    fn at(&self, seconds: i64) -> AppContext {
        let mut context = self.context.clone();
        context.clock = Clock::Fixed(at(seconds));
        context
    }

    fn users(&self, seconds: i64) -> Users {
        Users::new(&self.at(seconds))
    }

    async fn add(&self, address: &str, role: Role) -> String {
        match self.users(0).add(address.parse().unwrap(), None, role).await.unwrap() {
            AddResult::Added(_, link) => token(&link.url).to_owned(),
            AddResult::Changed(..) => panic!("someone is there already"),
        }
    }

    /// With Anna, an admin, whose password is set.
    async fn with_anna() -> (Self, SignedIn) {
        let team = Self::new().await;
        let link = team.add(ANNA, Role::Admin).await;
        let signed_in = team.sign_in(0).set_password(&link, RIGHT.into(), HERE).await.unwrap();
        (team, signed_in)
    }

    async fn tries(&self, seconds: i64, password: &str, code: Option<&str>) -> Result<SignedIn, SignInRefusal> {
        refusal(self.sign_in(seconds).with_password(ANNA, password.into(), code, HERE).await)
    }
}

fn refusal<T>(result: Result<T, AppError>) -> Result<T, SignInRefusal> {
    result.map_err(|error| match error {
        AppError::SignIn(refusal) => refusal,
        other => panic!("{other}"),
    })
}

#[tokio::test]
async fn a_link_sets_a_password_once_and_within_a_day() {
    let team = Team::new().await;
    let link = team.add(ANNA, Role::Admin).await;
    let view = team.sign_in(60).link(&link).await.unwrap();
    assert_eq!((view.address.as_str(), view.name.as_str(), view.purpose), (ANNA, "anna", LinkPurpose::Set));
    let over = |error: AppError| matches!(error, AppError::Users(UserRefusal::LinkOver));
    assert!(over(team.sign_in(24 * 3600).link(&link).await.unwrap_err()));
    for bad in ["short", "anna@team.example", "Online Safety at Home"] {
        let refused = team.sign_in(60).set_password(&link, bad.into(), HERE).await;
        assert!(matches!(refused, Err(AppError::Password(_))), "{bad} was taken");
    }
    assert_eq!(team.tries(60, RIGHT, None).await.unwrap_err(), SignInRefusal::Wrong, "there is none yet");
    let signed_in = team.sign_in(60).set_password(&link, RIGHT.into(), HERE).await.unwrap();
    assert_eq!((signed_in.user, signed_in.role, signed_in.expires), (UserId(1), Role::Admin, at(60 + 12 * 3600)));
    assert!(over(team.sign_in(61).set_password(&link, RIGHT.into(), HERE).await.unwrap_err()));
    assert_eq!(team.users(0).list().await.unwrap()[0].signs_in, SignsIn::Password);
    assert_eq!(team.tries(70, RIGHT, None).await.unwrap().user, UserId(1));
}

#[tokio::test]
async fn a_session_is_there_until_it_ends() {
    let (team, first) = Team::with_anna().await;
    let second = team.tries(30, RIGHT, None).await.unwrap();
    let visitor = async |signed_in: &SignedIn, seconds| {
        team.sign_in(seconds).visitor(signed_in.token.expose_secret()).await.unwrap()
    };
    let known = visitor(&first, 60).await.unwrap();
    assert_eq!((known.user, known.name.as_str(), known.role, known.seen), (UserId(1), "anna", Role::Admin, at(0)));
    assert_eq!(visitor(&first, 61).await.unwrap().seen, at(60), "it was used a minute later");
    assert_eq!(visitor(&first, 119).await.unwrap().seen, at(60));
    assert_eq!(team.users(0).list().await.unwrap()[0].seen, Some(at(60)));
    let sessions = team.sign_in(90).sessions(UserId(1)).await.unwrap();
    let networks: Vec<_> = sessions.iter().map(|session| session.network.as_str()).collect();
    assert_eq!(networks, ["203.0.113.0/24"; 2]);
    // Ended from another machine; and by whoever it is not, not at all.
    assert!(!team.sign_in(90).end_session(UserId(2), sessions[0].token).await.unwrap());
    assert!(team.sign_in(90).end_session(UserId(1), sessions[0].token).await.unwrap());
    assert_eq!(visitor(&second, 91).await, None);
    team.sign_in(91).sign_out(first.token.expose_secret()).await.unwrap();
    assert_eq!(visitor(&first, 92).await, None);
    let third = team.tries(100, RIGHT, None).await.unwrap();
    assert!(visitor(&third, 100 + 12 * 3600 - 1).await.is_some());
    assert_eq!(visitor(&third, 100 + 12 * 3600).await, None);
}

#[tokio::test]
async fn a_reset_and_a_removal_sign_out_everywhere() {
    let (team, first) = Team::with_anna().await;
    let link = team.users(10).reset(UserId(1)).await.unwrap().url;
    let gone = team.sign_in(11).visitor(first.token.expose_secret()).await.unwrap();
    assert_eq!(gone, None);
    assert_eq!(team.tries(12, RIGHT, None).await.unwrap_err(), SignInRefusal::Wrong);
    let again = team.sign_in(13).set_password(token(&link), "magnet lily owl".into(), HERE).await.unwrap();
    assert_eq!(team.tries(14, "magnet lily owl", None).await.unwrap().user, UserId(1));
    team.users(15).remove(UserId(1)).await.unwrap();
    assert_eq!(team.sign_in(16).visitor(again.token.expose_secret()).await.unwrap(), None);
    assert!(!team.users(16).any().await.unwrap());
}

/// Ten thousand guesses at Anna's password, from this many networks: how many were refused unseen, and how many were hashed.
async fn guessed(team: &Team, networks: u16) -> (usize, usize) {
    let before = team.hashing.0.load(Ordering::SeqCst);
    let mut refused = 0;
    for guess in 0..10_000_u16 {
        let [high, low] = (guess % networks).to_be_bytes();
        let from = IpAddr::from([10, high, low, 1]);
        let told = team.sign_in(0).with_password(ANNA, format!("guess {guess}").into(), None, from).await;
        refused += usize::from(refusal(told).unwrap_err() == SignInRefusal::Paused { minutes: 1 });
    }
    (refused, team.hashing.0.load(Ordering::SeqCst) - before)
}

#[tokio::test]
async fn after_ten_guesses_from_a_network_no_password_is_looked_at() {
    let (team, first) = Team::with_anna().await;
    assert_eq!(guessed(&team, 1).await, (9_990, 10));
    let from = async |from: [u8; 4], password: &str| {
        refusal(team.sign_in(30).with_password(ANNA, password.into(), None, IpAddr::from(from)).await)
    };
    let there = from([10, 0, 0, 1], RIGHT).await.unwrap_err();
    assert_eq!(there, SignInRefusal::Paused { minutes: 1 }, "there, also the right one has to wait");
    assert_eq!(from([192, 0, 2, 1], RIGHT).await.unwrap().user, UserId(1), "nowhere else has it to wait");
    assert!(team.sign_in(30).visitor(first.token.expose_secret()).await.unwrap().is_some(), "who is in stays in");
    let told = refusal(team.sign_in(61).with_password(ANNA, RIGHT.into(), None, IpAddr::from([10, 0, 0, 1])).await);
    assert_eq!(told.unwrap().user, UserId(1));
}

#[tokio::test]
async fn guesses_from_everywhere_hold_nobody_up_where_they_were_before() {
    let (team, _) = Team::with_anna().await;
    assert_eq!(guessed(&team, 10_000).await, (9_900, 100));
    let elsewhere = IpAddr::from([192, 0, 2, 1]);
    let told = team.sign_in(59).with_password(ANNA, RIGHT.into(), None, elsewhere).await;
    assert_eq!(refusal(told).unwrap_err(), SignInRefusal::Paused { minutes: 1 }, "a stranger to this network waits");
    assert_eq!(team.tries(0, RIGHT, None).await.unwrap().user, UserId(1), "Anna has been here before");
    // That is remembered for half a year, and a link makes the network known that it is opened in.
    assert_eq!(guessed(&team, 10_000).await, (9_900, 100));
    let link = team.users(1).reset(UserId(1)).await.unwrap().url;
    team.sign_in(2).set_password(token(&link), "magnet lily owl".into(), elsewhere).await.unwrap();
    let told = team.sign_in(3).with_password(ANNA, "magnet lily owl".into(), None, elsewhere).await;
    assert!(told.is_ok(), "a reset clears the count, too");
}

#[tokio::test]
async fn guesses_at_once_are_no_way_round() {
    let (team, _) = Team::with_anna().await;
    let before = team.hashing.0.load(Ordering::SeqCst);
    let mut guesses = tokio::task::JoinSet::new();
    for guess in 0..100 {
        let sign_in = team.sign_in(0);
        guesses.spawn(async move { sign_in.with_password(ANNA, format!("{guess}").into(), None, HERE).await.is_ok() });
    }
    assert!(guesses.join_all().await.into_iter().all(|is_in| !is_in));
    assert_eq!(team.hashing.0.load(Ordering::SeqCst) - before, 10);
}

#[tokio::test]
async fn it_makes_no_difference_whether_an_address_is_known() {
    let (team, _) = Team::with_anna().await;
    for address in [ANNA, "nobody@team.example"] {
        let before = team.hashing.0.load(Ordering::SeqCst);
        let from = IpAddr::from([192, 0, 2, 1]);
        for guess in 0..12 {
            let told = team.sign_in(0).with_password(address, "guess".into(), None, from).await;
            let expected = if guess < 10 { SignInRefusal::Wrong } else { SignInRefusal::Paused { minutes: 1 } };
            assert_eq!(refusal(told).unwrap_err(), expected, "{address}");
        }
        assert_eq!(team.hashing.0.load(Ordering::SeqCst) - before, 10, "{address}");
    }
}

#[tokio::test]
async fn a_network_that_tries_many_addresses_waits() {
    let (team, _) = Team::with_anna().await;
    for guess in 0..31 {
        let address = format!("u{guess}@team.example");
        let told = refusal(team.sign_in(0).with_password(&address, "guess".into(), None, HERE).await).unwrap_err();
        let expected = if guess < 30 { SignInRefusal::Wrong } else { SignInRefusal::Paused { minutes: 1 } };
        assert_eq!(told, expected);
    }
    let elsewhere = IpAddr::from([198, 51, 100, 1]);
    assert!(team.sign_in(0).with_password(ANNA, RIGHT.into(), None, elsewhere).await.is_ok());
}

/// What Anna's app shows.
fn code(secret: &str, seconds: i64) -> String {
    let secret: [u8; 20] = BASE32_NOPAD.decode(secret.as_bytes()).unwrap().try_into().unwrap();
    let totp = Builder::new().with_secret(secret).build().unwrap();
    totp.generate(at(seconds).timestamp().unsigned_abs()).to_string()
}

#[tokio::test]
async fn a_code_is_asked_for_and_good_once() {
    let (team, _) = Team::with_anna().await;
    let offer = team.sign_in(0).begin_totp(UserId(1)).await.unwrap();
    let url = format!(
        "otpauth://totp/Online%20Safety%20at%20Home:anna%40team%2Eexample?secret={}&issuer=Online%20Safety%20at%20Home",
        offer.secret
    );
    assert_eq!(offer.url, url);
    assert!(team.tries(0, RIGHT, None).await.is_ok(), "nothing is kept before the app shows the right one");
    let confirm = async |code: &str| refusal(team.sign_in(0).confirm_totp(UserId(1), &offer.secret, code).await);
    assert_eq!(confirm("000000").await, Err(SignInRefusal::WrongCode));
    assert_eq!(confirm(&code(&offer.secret, 0)).await, Ok(()));

    let now = code(&offer.secret, 60);
    assert_eq!(team.tries(60, RIGHT, None).await.unwrap_err(), SignInRefusal::CodeNeeded);
    assert_eq!(team.tries(60, "wrong", Some(&now)).await.unwrap_err(), SignInRefusal::Wrong);
    assert_eq!(team.tries(60, RIGHT, Some("")).await.unwrap_err(), SignInRefusal::CodeNeeded);
    assert!(team.tries(60, RIGHT, Some(&now)).await.is_ok());
    assert_eq!(team.tries(61, RIGHT, Some(&now)).await.unwrap_err(), SignInRefusal::WrongCode, "it was used");
    assert!(team.users(0).list().await.unwrap()[0].codes);
    let remove = async |seconds, code: &str| refusal(team.sign_in(seconds).remove_totp(UserId(1), code, HERE).await);
    let used = team.sign_in(61).remove_totp(UserId(1), &now, HERE).await;
    assert!(matches!(used, Err(AppError::Users(UserRefusal::CodeUsed))));
    assert_eq!(remove(90, "000000").await, Err(SignInRefusal::WrongCode));
    assert_eq!(remove(90, &code(&offer.secret, 90)).await, Ok(()));
    assert!(team.tries(91, RIGHT, None).await.is_ok());
}

#[tokio::test]
async fn codes_are_guessed_no_oftener_than_passwords() {
    let (team, _) = Team::with_anna().await;
    let offer = team.sign_in(0).begin_totp(UserId(1)).await.unwrap();
    let first = code(&offer.secret, 0);
    team.sign_in(0).confirm_totp(UserId(1), &offer.secret, &first).await.unwrap();
    let mut looked_at = 0;
    for _ in 0..100 {
        // The right password without a code is no try that was wrong, and takes none of the wrong ones back.
        let told = team.tries(60, RIGHT, None).await.unwrap_err();
        assert!(matches!(told, SignInRefusal::CodeNeeded | SignInRefusal::Paused { .. }), "{told}");
        looked_at += usize::from(team.tries(60, RIGHT, Some("000000")).await.unwrap_err() == SignInRefusal::WrongCode);
    }
    assert_eq!(looked_at, 10);
}

#[tokio::test]
async fn codes_are_guessed_no_oftener_from_everywhere_nor_to_turn_them_off() {
    let (team, _) = Team::with_anna().await;
    let offer = team.sign_in(0).begin_totp(UserId(1)).await.unwrap();
    team.sign_in(0).confirm_totp(UserId(1), &offer.secret, &code(&offer.secret, 0)).await.unwrap();
    let mut looked_at = 0;
    for guess in 0..5 {
        let from = IpAddr::from([10, 0, guess, 1]);
        let told = team.sign_in(60).with_password(ANNA, RIGHT.into(), Some("000000"), from).await;
        looked_at += usize::from(refusal(told).unwrap_err() == SignInRefusal::WrongCode);
    }
    for _ in 0..100 {
        let told = refusal(team.sign_in(60).remove_totp(UserId(1), "000000", HERE).await).unwrap_err();
        looked_at += usize::from(told == SignInRefusal::WrongCode);
    }
    assert_eq!(looked_at, 10);
    let told = refusal(team.sign_in(60).remove_totp(UserId(1), &code(&offer.secret, 60), HERE).await);
    assert_eq!(told.unwrap_err(), SignInRefusal::Paused { minutes: 1 }, "also the right one has to wait");
}

#[tokio::test]
async fn what_codes_are_made_from_is_sealed_in_the_store_also_what_an_older_version_left() {
    let (team, _) = Team::with_anna().await;
    let offer = team.sign_in(0).begin_totp(UserId(1)).await.unwrap();
    let secret = BASE32_NOPAD.decode(offer.secret.as_bytes()).unwrap();
    let store = rusqlite::Connection::open(team.fixture.path("var/fortnightly.db")).unwrap();
    let stored = || store.query_row("SELECT totp FROM users", [], |row| row.get::<_, Vec<u8>>(0)).unwrap();
    let is_clear = |stored: &[u8]| stored.windows(4).any(|part| secret.windows(4).any(|known| known == part));
    team.sign_in(0).confirm_totp(UserId(1), &offer.secret, &code(&offer.secret, 0)).await.unwrap();
    assert!(!is_clear(&stored()));
    assert!(team.tries(60, RIGHT, Some(&code(&offer.secret, 60))).await.is_ok());
    store.execute("UPDATE users SET totp = ?1", [&secret]).unwrap();
    assert!(team.tries(120, RIGHT, Some(&code(&offer.secret, 120))).await.is_ok(), "an older version's is read");
    team.sign_in(120).seal_all_codes().await.unwrap();
    let sealed = stored();
    assert!(!is_clear(&sealed), "and sealed when the console opens");
    assert!(team.tries(180, RIGHT, Some(&code(&offer.secret, 180))).await.is_ok());
    team.sign_in(180).seal_all_codes().await.unwrap();
    assert_eq!(stored(), sealed);
    let off = team.sign_in(240).remove_totp(UserId(1), &code(&offer.secret, 240), HERE).await;
    assert_eq!(refusal(off), Ok(()));
}
