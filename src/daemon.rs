//! The daemon: heartbeat → reconcile → publish → dispatch, and the web; one token stops everything.

mod console;
mod inbox;
mod log;
mod notices;
mod revisions;
pub(crate) mod sync_log;
mod take_up;
mod tidy;
mod version;
mod watch;

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result};
use chrono::Utc;
use tokio::net::TcpListener;
use tokio::sync::{Notify, watch as channel};
use tokio::task::JoinSet;
use tokio::time::Instant;
use tokio_cron_scheduler::{Job, JobScheduler};
use tokio_util::sync::CancellationToken;

use crate::app::bulletins::Bulletins;
use crate::app::bulletins::later::Followed;
use crate::app::nodes;
use crate::app::sender::{Deliverer, Order, Sender, go_on};
use crate::app::{AppContext, Content, Loaded};
use crate::domain::calendar::Fortnight;
use crate::messages::{bulletins, errors, sending};
use crate::web::console::ConsoleParts;
use crate::web::public::PublicSite;
use crate::web::{self, public};

/// What is in hand when we are told to stop gets this long; then the process ends, within the 15 s that it is allowed.
const LAST_ORDERS: Duration = Duration::from_secs(10);

/// The longest sleep between two turns, should the heartbeat ever fail.
const LONGEST_SLEEP: Duration = Duration::from_mins(1);

/// How often we look for confirmations and good-byes, and after something went wrong.
const LOOK: Duration = Duration::from_secs(1);
const PAUSE: Duration = Duration::from_mins(1);

/// How long a turn that follows a decision waits for others: they often come together.
const MOMENT: Duration = Duration::from_millis(150);

/// How long bulletins are sent at a time: then editions have their turn, so what was deferred, approved or released isn't kept waiting.
const BULLETINS: Duration = Duration::from_mins(1);

/// How long a turn waits at most for changed files to be read.
const FRESH_FILES: Duration = Duration::from_secs(45);

use log::Log;
pub use watch::Stamp;
use watch::{Alone, Current};

/// The files that a daemon lives by, and who asks it to read them again.
#[derive(Debug)]
pub struct Files {
    /// What they looked like before they were read.
    pub stamp: Stamp,
    /// Told when someone asks (SIGHUP).
    pub asked: Arc<Notify>,
}

/// What a process does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Everything.
    All,
    /// Schedule and sending.
    Sender,
    /// The recipients' pages.
    Web,
}

impl Role {
    fn as_str(self) -> &'static str {
        match self {
            Self::All => "all",
            Self::Sender => "sender",
            Self::Web => "web",
        }
    }
}

/// Runs until `stop`.
///
/// # Errors
/// When the web cannot listen or the heartbeat cannot start.
pub async fn run(
    context: AppContext,
    content: Content,
    role: Role,
    files: Files,
    stop: CancellationToken,
    tell: &dyn Fn(&str),
) -> Result<()> {
    let config = Arc::clone(&context.config);
    let pages = if role == Role::Sender { None } else { Some(web::listen(config.web.listen).await?) };
    let console = console::listener(config.web.console_listen).await?;
    tracing::info!(config = %config.file.display(), role = ?role, "running");
    nodes::sign_on(&context, role.as_str()).await?;
    let node = context.clone();
    let (current, mut now) = channel::channel(Current { context, content, stamp: files.stamp, broken: None });
    let decided = Arc::new(Notify::new());
    let mut serving = JoinSet::new();
    if let Some(listener) = console {
        tell_address("console", &listener);
        let opening = console::opening(&node, &listener, tell).await?;
        let site = console::site(&opening, now.clone(), Arc::clone(&decided));
        serving.spawn(web::serve(site, listener, stop.clone()));
    }
    if let Some(listener) = pages {
        revisions::note(now.borrow().clone()).await;
        tokio::spawn(revisions::watch(now.clone(), stop.clone()));
        tell_address("listening", &listener);
        let now = now.clone();
        let site = public::site(move || {
            let Current { context, content, .. } = &*now.borrow();
            PublicSite::new(context, content)
        });
        serving.spawn(web::serve(site, listener, stop.clone()));
    }
    tokio::spawn(watch::watch(current, role != Role::Web, files.asked, stop.clone()));
    if role != Role::Web {
        look_after(&mut serving, &now, &stop);
    }
    let watched = now.clone();
    let all = async {
        let sender = sends_if_it_should(role, &mut now, &decided, &stop);
        let (sent, superseded) = tokio::join!(sender, version::watch(watched, stop.clone()));
        stop.cancelled().await;
        while serving.join_next().await.is_some() {}
        nodes::sign_off(&node).await;
        sent.and(superseded)
    };
    let ended = tokio::select! {
        ended = all => ended,
        () = last_orders(&stop) => {
            tracing::warn!("something was still in hand: the next run settles it");
            Ok(())
        }
    };
    tracing::info!("stopped");
    ended
}

/// What a sender does besides sending.
fn look_after(serving: &mut JoinSet<()>, now: &channel::Receiver<Current>, stop: &CancellationToken) {
    serving.spawn(inbox::watch(now.clone(), stop.clone()));
    serving.spawn(tidy::watch(now.clone(), stop.clone()));
    serving.spawn(notices::watch(now.clone(), stop.clone()));
}

/// Serves the operators' pages alone, until `stop`.
///
/// # Errors
/// When the console cannot listen, or may not open.
pub async fn console_alone(
    context: AppContext,
    loaded: Loaded,
    stop: CancellationToken,
    tell: &dyn Fn(&str),
) -> Result<()> {
    let listener = web::listen(context.config.web.console_listen).await?;
    let opening = console::opening(&context, &listener, tell).await?;
    tell_address("console", &listener);
    let (current, now) = channel::channel(Alone { context, loaded, broken: None });
    tokio::spawn(watch::watch_alone(current, stop.clone()));
    let site = web::console::site(&opening, move || {
        let Alone { context, loaded, broken } = now.borrow().clone();
        ConsoleParts { context, loaded, broken, decided: Arc::default() }
    });
    web::serve(site, listener, stop).await;
    Ok(())
}

fn tell_address(what: &str, listener: &TcpListener) {
    if let Ok(address) = listener.local_addr() {
        tracing::info!(%address, "{what}");
    }
}

/// Sends until the stop; a failure stops everything else.
async fn sends_if_it_should(
    role: Role,
    now: &mut channel::Receiver<Current>,
    decided: &Notify,
    stop: &CancellationToken,
) -> Result<()> {
    let sent = if role == Role::Web { Ok(()) } else { send_until(now, decided, stop).await };
    if sent.is_err() {
        stop.cancel();
    }
    sent
}

/// Ends when what is in hand at a stop has had its time.
async fn last_orders(stop: &CancellationToken) {
    stop.cancelled().await;
    tokio::time::sleep(LAST_ORDERS).await;
}

/// The heartbeat only wakes this loop; each turn is a task of its own, so that a panic ends the turn and not the daemon.
async fn send_until(
    current: &mut channel::Receiver<Current>,
    decided: &Notify,
    stop: &CancellationToken,
) -> Result<()> {
    let beat = Arc::new(Notify::new());
    let mut scheduler = heartbeat(Arc::clone(&beat)).await?;
    let (mut waiting, mut postman): (Option<Instant>, _) = (None, Postman { look_at: Instant::now() });
    let mut news = current.borrow().context.news();
    let followed = Arc::<Followed>::default();
    tell_next(&current.borrow_and_update().context.clone()).await;
    while !stop.is_cancelled() {
        let now = current.borrow_and_update().clone();
        // Files that were changed a moment ago are read first: what is decided next should be decided on them.
        if !now.is_up_to_date().await && waiting.get_or_insert_with(Instant::now).elapsed() < FRESH_FILES {
            tokio::select! {
                () = stop.cancelled() => {}
                () = tokio::time::sleep(Duration::from_millis(250)) => postman.look(&now.context, stop).await,
            }
            continue;
        }
        waiting = None;
        match tokio::spawn(turn(now.clone(), Arc::clone(&followed), stop.clone())).await {
            Ok(Turn::CutOff) => continue,
            Ok(Turn::Done) => {}
            Err(panic) => tracing::error!("a turn broke off: {panic}"),
        }
        let mut due = pin!(tokio::time::sleep(until_due(&now.context)));
        let mut left_by_others = pin!(take_up::from_others(&now.context));
        loop {
            tokio::select! {
                () = stop.cancelled() => break,
                () = beat.notified() => break,
                Ok(()) = current.changed() => {
                    tell_next(&current.borrow().context.clone()).await;
                    break;
                }
                () = &mut due => break,
                () = tokio::time::sleep_until(postman.look_at) => postman.look(&now.context, stop).await,
                () = &mut left_by_others => break,
                // An edition may be approved now, or released, or a bulletin sent.
                () = something_decided(news.next(), decided) => {
                    let soon = due.deadline().min(Instant::now() + MOMENT);
                    due.as_mut().reset(soon);
                }
            }
        }
    }
    scheduler.shutdown().await.context("the heartbeat did not stop")
}

/// Ends when someone decided something: in the console of this process, or, where a store is shared, anywhere.
async fn something_decided(news: impl Future<Output = ()>, decided: &Notify) {
    tokio::select! {
        () = news => {}
        () = decided.notified() => {}
    }
}

/// Once a minute, in UTC: no time zone, no fortnight, no work. All of that is the calendar's.
async fn heartbeat(beat: Arc<Notify>) -> Result<JobScheduler> {
    let scheduler = JobScheduler::new().await.context("the heartbeat cannot be made")?;
    let job = Job::new("0 * * * * *", move |_, _| beat.notify_one()).context("the heartbeat cannot be made")?;
    scheduler.add(job).await.context("the heartbeat cannot be added")?;
    scheduler.start().await.context("the heartbeat cannot start")?;
    Ok(scheduler)
}

/// Time until the next edition falls due, so that 08:00:00 means 08:00:00.
fn until_due(context: &AppContext) -> Duration {
    let now = context.clock.now();
    let schedule = &context.config.schedule;
    let due = schedule.next_after(now).map(|number| schedule.fortnight(number));
    let Some(Fortnight::Sends { due_at, .. }) = due else { return LONGEST_SLEEP };
    let wait = due_at.with_timezone(&Utc) - now;
    wait.to_std().map_or(LONGEST_SLEEP, |wait| wait.min(LONGEST_SLEEP))
}

async fn tell_next(context: &AppContext) {
    if let Ok(Some(next)) = context.next_edition().await {
        tracing::info!(edition = next.edition.0, due = %next.due_at.to_rfc3339(), "next");
    }
}

/// How a turn ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Turn {
    /// Nothing more can be sent now.
    Done,
    /// A bulletin goes on once editions have had their turn.
    CutOff,
}

/// What one beat does: first what the calendar says, to the second, and then bulletins, which make way for editions. The file is
/// synced when the daemon starts and by `sync`; here it is only asked whether that waits.
async fn turn(current: Current, followed: Arc<Followed>, stop: CancellationToken) -> Turn {
    let (context, log) = (&current.context, Log::new(&stop));
    if let Err(error) = Sender::new(context, &current.content).send(&Order::WHAT_IS_DUE, &log, &stop).await {
        tracing::error!("{}", sending::refusal(&error));
    }
    look_after_bulletins(&current, &followed).await;
    match go_on(context, Some(BULLETINS), &log, &stop).await {
        Ok(went_on) if went_on.is_cut_off => return Turn::CutOff,
        Ok(_) => {}
        Err(error) => tracing::error!("a bulletin is sent later: {}", sending::refusal(&error)),
    }
    Turn::Done
}

/// What is left to do for those that were withdrawn or sent.
async fn look_after_bulletins(current: &Current, followed: &Followed) {
    let all = Bulletins::new(&current.context, Some(&current.content));
    if let Err(error) = all.complete_withdrawals().await {
        tracing::error!("what was withdrawn is given up later: {}", bulletins::refusal(&error));
    }
    if let Err(error) = all.follow(followed).await {
        tracing::error!("a bulletin gets to late readers later: {}", bulletins::refusal(&error));
    }
}

/// Between two turns, confirmations and good-byes leave as they come up: someone waits for them.
struct Postman {
    look_at: Instant,
}

impl Postman {
    /// Sends what waits, if it is time to look.
    async fn look(&mut self, context: &AppContext, stop: &CancellationToken) {
        if Instant::now() < self.look_at {
            return;
        }
        let (deliverer, stop) = (Deliverer::new(context), stop.clone());
        // A task of its own, so that a panic ends the sending and not the daemon.
        let pause = match tokio::spawn(async move { deliverer.post_what_waits(&Log::new(&stop), &stop).await }).await {
            Ok(Ok(())) => LOOK,
            Ok(Err(error)) => {
                tracing::warn!("letters are sent later: {}", errors::error(&error));
                PAUSE
            }
            Err(panic) => {
                tracing::error!("the sending of letters broke off: {panic}");
                PAUSE
            }
        };
        self.look_at = Instant::now() + pause;
    }
}
