//! A receiving SMTP server that takes everything and remembers, per recipient, what it answered 250 at the dot.

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::io::{self, BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

/// Recipient → a hash of the content, once for each time it was accepted.
pub(crate) type Taken = BTreeMap<String, Vec<u64>>;

/// The server; its threads end with the test.
pub(crate) struct Oracle {
    pub(crate) port: u16,
    taken: Arc<Mutex<Taken>>,
    asked: Arc<Mutex<Vec<String>>>,
    heard: Arc<Mutex<Vec<String>>>,
    waited: Arc<Mutex<Vec<Duration>>>,
}

/// What a line is answered with, where it is not the usual: each line that begins with the first gets the second. `GREET`,
/// `CONTENT` (in the middle of it) and `DOT` stand for what is no line. An answer that begins with `!` is something to do:
/// `!drop`, `!reset`, `!garbage`, `!endless` (no line end), `!silence`, `!slow` (three seconds, then as usual), `!latin1 …`
/// (just these characters, an octet each), `!echo …` (this, and what it answers; for the content, its headers with links).
pub(crate) type Script = &'static [(&'static str, &'static str)];

/// Something that a client said, for whoever decides what it is answered.
pub(crate) struct Said<'a> {
    /// How many connections there were before this one.
    pub(crate) connection: usize,
    /// The line, or `GREET`, `CONTENT`, `DOT`, or `END` when the connection ended.
    pub(crate) line: &'a str,
    /// The recipient that was named last on this connection.
    pub(crate) to: &'a str,
    /// How many mails were taken on this connection.
    pub(crate) mails: usize,
}

/// What is answered instead of the usual.
type Decide = dyn Fn(&Said<'_>) -> Option<&'static str> + Send + Sync;

impl Oracle {
    pub(crate) fn start() -> Self {
        Self::with(&[])
    }

    /// One that answers some lines otherwise; `DOT` stands for the end of the content.
    pub(crate) fn with(script: Script) -> Self {
        Self::deciding(move |said| {
            script.iter().find(|(start, _)| said.line.starts_with(start)).map(|(_, answer)| *answer)
        })
    }

    /// One that is asked at every line what it answers.
    pub(crate) fn deciding(decide: impl Fn(&Said<'_>) -> Option<&'static str> + Send + Sync + 'static) -> Self {
        let decide: Arc<Decide> = Arc::new(decide);
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let taken = Arc::<Mutex<Taken>>::default();
        let asked = Arc::<Mutex<Vec<String>>>::default();
        let heard = Arc::<Mutex<Vec<String>>>::default();
        let shared = (Arc::clone(&taken), Arc::clone(&asked), Arc::clone(&heard));
        let waited = Arc::<Mutex<Vec<Duration>>>::default();
        let patience = Arc::clone(&waited);
        thread::spawn(move || {
            for (connection, stream) in listener.incoming().flatten().enumerate() {
                let decide = Arc::clone(&decide);
                let (taken, asked, heard) = (Arc::clone(&shared.0), Arc::clone(&shared.1), Arc::clone(&shared.2));
                let patience = Arc::clone(&patience);
                // A client that was killed ends its conversation in an error; that is what we are here for.
                thread::spawn(move || {
                    let mut heard_last = Instant::now();
                    let end = converse(&stream, (connection, &*decide), &taken, &asked, &heard, &mut heard_last);
                    decide(&Said { connection, line: "END", to: "", mails: 0 });
                    if end.is_err_and(|error| error.kind() == io::ErrorKind::TimedOut) {
                        patience.lock().unwrap_or_else(PoisonError::into_inner).push(heard_last.elapsed());
                    }
                });
            }
        });
        Self { port, taken, asked, heard, waited }
    }

    pub(crate) fn taken(&self) -> Taken {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Every recipient that was named in a RCPT, in order.
    pub(crate) fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Every command but those that hand a message over, in order.
    pub(crate) fn heard(&self) -> Vec<String> {
        self.heard.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// How long each client waited for an answer that did not come.
    pub(crate) fn waited(&self) -> Vec<Duration> {
        self.waited.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(crate) fn count(&self) -> usize {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner).values().map(Vec::len).sum()
    }

    pub(crate) fn forget(&self) {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
}

/// Answers, or does what the script says instead; whether the conversation goes on with the usual answer.
fn act(mut stream: &TcpStream, answer: &str, told: &str) -> io::Result<bool> {
    let mut out = stream;
    match answer {
        "!drop" => return Err(io::ErrorKind::ConnectionAborted.into()),
        "!reset" => {
            // Closing with the client's octets unread makes the kernel send a reset.
            std::thread::sleep(std::time::Duration::from_millis(20));
            return Err(io::ErrorKind::ConnectionReset.into());
        }
        "!garbage" => out.write_all(b"\0\xff\xfe what is this\r\n")?,
        "!endless" => {
            // 200 MB, to whoever takes them.
            for _ in 0..50_000 {
                out.write_all(&[b'2'; 4096])?;
            }
        }
        "!silence" => {
            // Whatever is said, until the client has had enough.
            while stream.read(&mut [0; 4096])? > 0 {}
            return Err(io::ErrorKind::TimedOut.into());
        }
        "!slow" => {
            std::thread::sleep(std::time::Duration::from_secs(3));
            return Ok(true);
        }
        answer if answer.starts_with("!echo ") => {
            out.write_all(format!("{} {told}\r\n", &answer["!echo ".len()..]).as_bytes())?;
        }
        answer if answer.starts_with("!latin1 ") => {
            let octets: Vec<u8> = answer["!latin1 ".len()..].chars().map(|c| u8::try_from(c).unwrap_or(b'?')).collect();
            out.write_all(&octets)?;
        }
        answer => out.write_all(format!("{answer}\r\n").as_bytes())?,
    }
    Ok(false)
}

fn converse(
    stream: &TcpStream,
    (connection, decide): (usize, &Decide),
    taken: &Mutex<Taken>,
    asked: &Mutex<Vec<String>>,
    heard: &Mutex<Vec<String>>,
    heard_last: &mut Instant,
) -> io::Result<()> {
    let mut mails = 0;
    let scripted = |line: &str, to: &str, mails| decide(&Said { connection, line, to, mails });
    stream.set_nodelay(true)?;
    let mut out = stream;
    let mut lines = BufReader::new(stream);
    if scripted("GREET", "", mails).map_or(Ok(true), |answer| act(stream, answer, ""))? {
        out.write_all(b"220 oracle.example ESMTP\r\n")?;
    }
    let (mut line, mut to) = (Vec::new(), String::new());
    loop {
        line.clear();
        if lines.read_until(b'\n', &mut line)? == 0 {
            return Ok(());
        }
        *heard_last = Instant::now();
        let text = String::from_utf8_lossy(&line).trim_end().to_owned();
        if !text.starts_with("RCPT") && !text.starts_with("DATA") {
            heard.lock().unwrap_or_else(PoisonError::into_inner).push(text.clone());
        }
        if text.starts_with("RCPT") {
            let to = text.split(['<', '>']).nth(1).unwrap_or_default().to_owned();
            asked.lock().unwrap_or_else(PoisonError::into_inner).push(to);
        }
        if let Some(answer) = scripted(&text, &to, mails)
            && !act(stream, answer, &text)?
        {
            continue;
        }
        let verb = text.get(..4).unwrap_or_default().to_ascii_uppercase();
        match verb.as_str() {
            "EHLO" => out.write_all(b"250-oracle.example\r\n250-PIPELINING\r\n250 8BITMIME\r\n")?,
            "RCPT" => {
                text.split(['<', '>']).nth(1).unwrap_or_default().clone_into(&mut to);
                out.write_all(b"250 2.1.5 ok\r\n")?;
            }
            "DATA" => {
                out.write_all(b"354 go on\r\n")?;
                if let Some(answer) = scripted("CONTENT", &to, mails) {
                    lines.fill_buf()?;
                    act(stream, answer, "")?;
                }
                let Some((hash, links)) = content(&mut lines)? else { return Ok(()) };
                *heard_last = Instant::now();
                if let Some(answer) = scripted("DOT", &to, mails) {
                    heard.lock().unwrap_or_else(PoisonError::into_inner).push(links.clone());
                    if !act(stream, answer, &links)? {
                        continue;
                    }
                }
                // Taken before it is answered: a client that dies in between has to send it again.
                taken.lock().unwrap_or_else(PoisonError::into_inner).entry(to.clone()).or_default().push(hash);
                mails += 1;
                out.write_all(b"250 2.0.0 taken\r\n")?;
            }
            "QUIT" => return out.write_all(b"221 2.0.0 bye\r\n"),
            _ => out.write_all(b"250 2.0.0 ok\r\n")?,
        }
    }
}

/// The hash of a message up to its final dot, and its lines with a token; `None` when the connection ended before.
fn content(lines: &mut impl io::BufRead) -> io::Result<Option<(u64, String)>> {
    let (mut hasher, mut line, mut links) = (DefaultHasher::new(), Vec::new(), String::new());
    loop {
        line.clear();
        if lines.read_until(b'\n', &mut line)? == 0 {
            return Ok(None);
        }
        if line == b".\r\n" {
            return Ok(Some((hasher.finish(), links)));
        }
        line.hash(&mut hasher);
        let text = String::from_utf8_lossy(&line);
        if text.contains("<https://") || text.contains("unsubscribe+") {
            links.push_str(text.trim());
        }
    }
}
