//! One open connection: it asks, takes the answers, and notices what was not asked for.

use std::io::{self, IoSlice};
use std::time::Duration;

use lettre::transport::smtp::commands::Ehlo;
use lettre::transport::smtp::extension::ClientId;
use tokio::time::{Instant, timeout_at};

use super::relay::Capabilities;
use super::replies::Said;
use super::stream::Stream;
use super::transaction::{OPENING, content, evaluate_replies};
use crate::domain::delivery::Reply;
use crate::mail::reply::presentable;

/// An open connection, past the greeting.
pub(super) struct Connection {
    stream: Stream,
    pub(super) capabilities: Capabilities,
}

impl Connection {
    /// Takes the greeting.
    ///
    /// # Errors
    /// What was said, or that nothing was.
    pub(super) async fn greet(mut stream: Stream, limit: Duration) -> Result<Self, Reply> {
        welcome(&Limit::new(limit).keep(stream.read()).await.unwrap_or_else(|unsaid| unsaid))?;
        Ok(Self { stream, capabilities: Capabilities::default() })
    }

    /// Says EHLO, and again inside TLS, and reads what is offered.
    ///
    /// # Errors
    /// As [`Connection::greet`].
    pub(super) async fn hello(&mut self, hello: &ClientId, limit: Duration) -> Result<(), Reply> {
        let command = Ehlo::new(hello.clone()).to_string();
        let said = self.converse(Limit::new(limit), &mut [IoSlice::new(command.as_bytes())]).await;
        welcome(&said)?;
        self.capabilities = Capabilities::read(said.lines());
        Ok(())
    }

    /// One command and its reply, whatever it is. Without a code the caller must let the connection go.
    pub(super) async fn ask(&mut self, limit: Duration, command: &str) -> Reply {
        reply(&self.converse(Limit::new(limit), &mut [IoSlice::new(command.as_bytes())]).await)
    }

    async fn converse(&mut self, limit: Limit, pieces: &mut [IoSlice<'_>]) -> Said {
        limit.keep(self.exchange(pieces)).await.unwrap_or_else(|unsaid| unsaid)
    }

    /// Writes, and takes the first answer.
    async fn exchange(&mut self, pieces: &mut [IoSlice<'_>]) -> io::Result<Said> {
        // Whoever takes an answer that came before its question for the answer to the next is lost.
        if self.stream.has_unread() {
            return Ok(early());
        }
        self.stream.write(pieces).await?;
        self.stream.read().await
    }

    /// The commands of a transaction's opening, and the answers: all at once where that is offered (RFC 2920), else one
    /// by one up to the first that refuses. The limit is for all of them.
    pub(super) async fn ask_all(&mut self, limit: Duration, commands: &str) -> Vec<Reply> {
        let mut replies = Vec::with_capacity(OPENING.len());
        let limit = Limit::new(limit);
        if !self.capabilities.pipelining {
            for command in commands.split_inclusive('\n') {
                replies.push(reply(&self.converse(limit, &mut [IoSlice::new(command.as_bytes())]).await));
                if evaluate_replies(&replies).is_err() {
                    break;
                }
            }
            return replies;
        }
        let group = async {
            replies.push(reply(&self.exchange(&mut [IoSlice::new(commands.as_bytes())]).await?));
            self.answers_to_opening(&mut replies).await
        };
        if let Err(unsaid) = limit.keep(group).await {
            replies.push(reply(&unsaid));
        }
        replies
    }

    /// The answers to an opening that was written along with the content before it.
    pub(super) async fn hear_all(&mut self, limit: Duration) -> Vec<Reply> {
        let mut replies = Vec::with_capacity(OPENING.len());
        if let Err(unsaid) = Limit::new(limit).keep(self.answers_to_opening(&mut replies)).await {
            replies.push(reply(&unsaid));
        }
        replies
    }

    /// Takes answers until there is one for each command, or the connection is about to end.
    async fn answers_to_opening(&mut self, replies: &mut Vec<Reply>) -> io::Result<()> {
        while replies.len() < OPENING.len() && replies.last().is_none_or(|last| !matches!(last.code, None | Some(421)))
        {
            replies.push(reply(&self.stream.read().await?));
        }
        Ok(())
    }

    /// The content with its final dot, and the reply; `ahead` is the opening of the next transaction, or nothing. RFC 2920
    /// §3.1 has the content as the first of a group of commands. The second value says that the dot cannot have been sent.
    pub(super) async fn say(&mut self, limit: Duration, message: &[u8], ahead: &str) -> (Reply, bool) {
        // What is there before the dot is not the answer to it.
        if self.is_stale().await {
            return (reply(&early()), true);
        }
        let dot = async {
            self.stream.write_and(content(message), ahead.as_bytes()).await?;
            self.stream.read().await
        };
        let reply = reply(&Limit::new(limit).keep(dot).await.unwrap_or_else(|unsaid| unsaid));
        let unsent = reply.code.is_none() && self.stream.write_failed();
        (reply, unsent)
    }

    /// Whether the relay hung up, or said something that nobody asked for.
    pub(super) async fn is_stale(&mut self) -> bool {
        self.stream.has_unread() || self.stream.is_disturbed().await
    }

    /// Whether it ended with this reply, and did not only fall silent: a relay that says nothing is given its time once.
    pub(super) async fn has_ended(&mut self, reply: Option<&Reply>) -> bool {
        match reply.map(|reply| reply.code) {
            Some(Some(421)) => true,
            Some(None) => self.is_stale().await,
            _ => false,
        }
    }

    /// Ends a transaction before its content. False when the connection can no longer be used.
    pub(super) async fn reset(&mut self, limit: Duration) -> bool {
        self.ask(limit, "RSET\r\n").await.code.is_some_and(|code| code / 100 == 2)
    }

    /// Says goodbye.
    pub(super) async fn quit(mut self, limit: Duration) {
        self.ask(limit, "QUIT\r\n").await;
    }

    /// The stream below.
    pub(super) fn stream(&mut self) -> &mut Stream {
        &mut self.stream
    }
}

/// How long something may take, and until when that is.
#[derive(Clone, Copy)]
struct Limit {
    length: Duration,
    end: Instant,
}

impl Limit {
    fn new(length: Duration) -> Self {
        Self { length, end: Instant::now() + length }
    }

    /// A broken connection and silence come back as something said without a code.
    async fn keep<T>(self, phase: impl Future<Output = io::Result<T>>) -> Result<T, Said> {
        match timeout_at(self.end, phase).await {
            Ok(Ok(done)) => Ok(done),
            Ok(Err(error)) => Err(unsaid(error.to_string())),
            Err(_) => Err(unsaid(no_answer(self.length))),
        }
    }
}

/// A greeting or an answer to EHLO that lets us go on.
fn welcome(said: &Said) -> Result<(), Reply> {
    if said.code.is_some_and(|code| code / 100 == 2) { Ok(()) } else { Err(reply(said)) }
}

/// What was said, as it may be shown.
fn reply(said: &Said) -> Reply {
    Reply { code: said.code, text: presentable(&said.in_one_line()) }
}

fn unsaid(why: String) -> Said {
    Said { code: None, text: why }
}

fn early() -> Said {
    unsaid("the relay said something before it was asked, or hung up".to_owned())
}

/// What stands for a reply that never came.
pub(super) fn no_answer(limit: Duration) -> String {
    format!("no answer within {limit:?}")
}
