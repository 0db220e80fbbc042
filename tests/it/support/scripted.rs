//! An SMTP server in the test's own process that follows a script, and a client for it.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use fortnightly::domain::delivery::Outcome;
use fortnightly::mail::{SmtpSettings, Timeouts, Tls};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// What the server does when a command comes.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Act {
    Say(&'static str),
    /// Says it and closes the connection.
    SayAndDrop(&'static str),
    /// Writes just these octets.
    Octets(&'static [u8]),
    /// Writes them one at a time.
    Drip(&'static [u8]),
    /// Closes the connection.
    Drop,
    /// Says nothing.
    Hang,
}

/// A server that follows a script: the verb → what it does, one entry after the other, then the usual reply. `GREETING`,
/// `DOT` and `ANSWER` (to a question of AUTH) stand for what has no verb.
#[derive(Clone, Default)]
pub(crate) struct Script(Arc<Mutex<HashMap<&'static str, Vec<Act>>>>);

pub(crate) struct Server {
    pub(crate) port: u16,
    /// Every line it read; message contents as one entry.
    pub(crate) heard: Arc<Mutex<Vec<String>>>,
    connections: Arc<Mutex<Vec<JoinHandle<Option<()>>>>>,
}

impl Script {
    pub(crate) fn with(self, verb: &'static str, acts: &[Act]) -> Self {
        self.0.lock().unwrap().insert(verb, acts.to_vec());
        self
    }

    /// `act` in the place of one of the verb's acts: the first, or after so many.
    pub(crate) fn instead(self, verb: &'static str, after: usize, act: Act) -> Self {
        let mut acts = self.0.lock().unwrap().remove(verb).unwrap_or_default();
        acts.resize(acts.len().max(after + 1), act);
        acts[after] = act;
        self.with(verb, &acts)
    }

    fn next(&self, verb: &str) -> Act {
        if let Some(acts) = self.0.lock().unwrap().get_mut(verb)
            && !acts.is_empty()
        {
            return acts.remove(0);
        }
        Act::Say(match verb {
            "GREETING" => "220 fake.example ESMTP",
            "EHLO" => "250-fake.example\r\n250 AUTH PLAIN LOGIN",
            "AUTH" | "ANSWER" => "235 2.7.0 welcome",
            "DATA" => "354 go on",
            "QUIT" => "221 2.0.0 bye",
            _ => "250 2.0.0 ok",
        })
    }

    pub(crate) async fn start(self) -> Server {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let heard = Arc::new(Mutex::new(Vec::new()));
        let connections = Arc::<Mutex<Vec<_>>>::default();
        let (log, open) = (Arc::clone(&heard), Arc::clone(&connections));
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                open.lock().unwrap().push(tokio::spawn(serve(stream, self.clone(), Arc::clone(&log))));
            }
        });
        Server { port, heard, connections }
    }
}

impl Server {
    /// Every line so far.
    pub(crate) fn heard(&self) -> Vec<String> {
        self.heard.lock().unwrap().clone()
    }

    /// Ends every connection, and lets the other end of each find out.
    pub(crate) async fn hang_up(&self) {
        let all = std::mem::take(&mut *self.connections.lock().unwrap());
        for connection in all {
            connection.abort();
            let _ = connection.await;
        }
        // The runtime looks for what came every 61 turns (`event_interval` of its builder).
        for _ in 0..200 {
            tokio::task::yield_now().await;
        }
    }
}

impl Act {
    fn begins_with(self, code: &str) -> bool {
        match self {
            Self::Say(text) | Self::SayAndDrop(text) => text.starts_with(code),
            Self::Octets(octets) | Self::Drip(octets) => octets.starts_with(code.as_bytes()),
            Self::Drop | Self::Hang => false,
        }
    }

    async fn done(self, stream: &mut BufReader<TcpStream>) -> Option<()> {
        match self {
            Self::Say(text) => stream.get_mut().write_all(format!("{text}\r\n").as_bytes()).await.ok(),
            Self::SayAndDrop(text) => {
                let _ = stream.get_mut().write_all(format!("{text}\r\n").as_bytes()).await;
                None
            }
            Self::Octets(octets) => stream.get_mut().write_all(octets).await.ok(),
            Self::Drip(octets) => {
                for octet in octets {
                    stream.get_mut().write_all(&[*octet]).await.ok()?;
                    tokio::task::yield_now().await;
                }
                Some(())
            }
            Self::Drop => None,
            Self::Hang => std::future::pending().await,
        }
    }
}

async fn serve(stream: TcpStream, script: Script, heard: Arc<Mutex<Vec<String>>>) -> Option<()> {
    stream.set_nodelay(true).ok()?;
    let mut stream = BufReader::new(stream);
    let note = |line: String| heard.lock().unwrap().push(line);
    note("(connected)".to_owned());
    script.next("GREETING").done(&mut stream).await?;
    let mut asked = false;
    loop {
        let mut line = Vec::new();
        if stream.read_until(b'\n', &mut line).await.ok()? == 0 {
            return None;
        }
        let line = String::from_utf8_lossy(&line).trim_end().to_owned();
        let verb = if asked { "ANSWER" } else { line.split(' ').next().unwrap_or_default() };
        let next = script.next(verb);
        asked = next.begins_with("334");
        let protects = verb == "STARTTLS" && next.begins_with("220");
        let opened = verb == "DATA" && next.begins_with("354");
        note(line);
        next.done(&mut stream).await?;
        if protects {
            // It speaks no TLS: it hangs up on the first octet of the handshake.
            stream.read_u8().await.ok()?;
            return None;
        }
        if opened {
            note(content(&mut stream).await?);
            script.next("DOT").done(&mut stream).await?;
        }
    }
}

async fn content(stream: &mut BufReader<TcpStream>) -> Option<String> {
    let mut content = String::new();
    while !content.ends_with("\r\n.\r\n") {
        if stream.read_line(&mut content).await.ok()? == 0 {
            return None;
        }
    }
    Some(content)
}

/// A client for the server on `port`, with short limits.
pub(crate) fn settings(port: u16) -> SmtpSettings {
    let short = Duration::from_millis(300);
    SmtpSettings {
        host: "127.0.0.1".to_owned(),
        port,
        tls: Tls::None,
        login: Some(("digest".to_owned(), "correct horse".into())),
        ca_pem: None,
        hello: "sender.example".to_owned(),
        timeouts: Timeouts { connect: short, greeting: short, command: short, opened: short, data: short, quit: short },
    }
}

/// What came of it, in a word.
pub(crate) fn word(outcome: &Outcome) -> &'static str {
    match outcome {
        Outcome::Accepted(_) => "accepted",
        Outcome::Transient(_) => "transient",
        Outcome::Permanent { suppress: None, .. } => "permanent",
        Outcome::Permanent { suppress: Some(_), .. } => "bounced",
        Outcome::Uncertain(_) => "uncertain",
        Outcome::SenderRefused(_) => "sender",
        Outcome::Throttled { .. } => "throttled",
        Outcome::Withheld => "withheld",
    }
}
