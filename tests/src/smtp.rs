//! A mail server on this machine: it speaks SMTP (RFC 5321) with STARTTLS (RFC 3207) or TLS from the first
//! byte, answers as it is told, and keeps what came.

use std::{
    collections::VecDeque,
    net::SocketAddr,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use anyhow::Context;
use relay::domain::mail::{MailServer, MailTls};
use tokio::{
    io::{AsyncBufReadExt, AsyncRead, AsyncWrite, AsyncWriteExt, BufStream},
    net::{TcpListener, TcpStream},
    sync::watch,
    time::timeout,
};
use tokio_rustls::{
    TlsAcceptor,
    rustls::{
        ServerConfig,
        crypto::aws_lc_rs,
        pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
    },
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

/// Who has signed what the server shows.
const ROOT: &[u8] = include_bytes!("../certs/ca.pem");
const CERTIFICATE: &[u8] = include_bytes!("../certs/localhost.pem");
const KEY: &[u8] = include_bytes!("../certs/localhost.key");

/// How long a test waits for what always comes.
const PATIENCE: Duration = Duration::from_secs(30);

/// What is answered to the next mail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reply {
    /// It is taken.
    Take,
    /// Its first recipient is refused by this code.
    Recipient(u16),
    /// All of it is refused by this code, once it is there.
    Data(u16),
    /// It is taken, and the connection breaks before that is said.
    Lost,
    /// It is read, and nothing is ever said of it.
    Hang,
}

/// One mail, as it came.
#[derive(Clone, Debug)]
pub struct Mail {
    /// Who is named as its sender on the wire.
    pub from: String,
    /// Its recipients on the wire.
    pub to: Vec<String>,
    /// All of it, without the dots that the wire adds.
    pub data: String,
    /// Whether somebody logged in before.
    pub is_logged_in: bool,
}

struct Shared {
    replies: Mutex<VecDeque<Reply>>,
    usual: Mutex<Reply>,
    came: watch::Sender<Vec<Mail>>,
    tls: TlsAcceptor,
    mode: MailTls,
    offers_tls: bool,
}

/// The server. Ends with this value.
pub struct MailSink {
    address: SocketAddr,
    shared: Arc<Shared>,
    ending: CancellationToken,
}

impl Drop for MailSink {
    fn drop(&mut self) {
        self.ending.cancel();
    }
}

impl MailSink {
    /// One that takes everything.
    pub async fn start(mode: MailTls) -> anyhow::Result<Self> {
        Self::offering(mode, true).await
    }

    /// One that knows no TLS: nothing may ever be sent to it.
    pub async fn without_tls() -> anyhow::Result<Self> {
        Self::offering(MailTls::StartTls, false).await
    }

    async fn offering(mode: MailTls, offers_tls: bool) -> anyhow::Result<Self> {
        let chain = vec![CertificateDer::from_pem_slice(CERTIFICATE)?];
        let key = PrivateKeyDer::from_pem_slice(KEY)?;
        let config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
            .with_safe_default_protocol_versions()?
            .with_no_client_auth()
            .with_single_cert(chain, key)?;
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let shared = Arc::new(Shared {
            replies: Mutex::default(),
            usual: Mutex::new(Reply::Take),
            came: watch::Sender::new(Vec::new()),
            tls: TlsAcceptor::from(Arc::new(config)),
            mode,
            offers_tls,
        });
        let ending = CancellationToken::new();
        let (ended, takes) = (ending.clone(), Arc::clone(&shared));
        let tracker = TaskTracker::new();
        let guests = tracker.clone();
        tracker.spawn(async move {
            while let Some(Ok((stream, _))) = ended.run_until_cancelled(listener.accept()).await {
                let (ended, shared) = (ended.clone(), Arc::clone(&takes));
                guests.spawn(async move {
                    // A guest that breaks off is no failure of the server.
                    let _ = ended.run_until_cancelled(serve(stream, &shared)).await;
                });
            }
        });
        Ok(Self { address, shared, ending })
    }

    /// It, as an operator configures it.
    pub fn server(&self) -> MailServer {
        MailServer {
            host: "localhost".to_owned(),
            port: self.address.port(),
            tls: self.shared.mode,
            login: Some(("forecourt".to_owned(), "open sesame".to_owned().into())),
            from: "chat@operator.example".to_owned(),
            roots: Some(ROOT.to_vec()),
        }
    }

    /// Answers so whatever nothing else is said for.
    pub fn usually(&self, reply: Reply) {
        *self.shared.usual.lock().unwrap_or_else(PoisonError::into_inner) = reply;
    }

    /// Answers the next mails so; after that as usual, which is to take everything.
    pub fn next(&self, replies: impl IntoIterator<Item = Reply>) {
        let mut queue = self.shared.replies.lock().unwrap_or_else(PoisonError::into_inner);
        queue.extend(replies);
    }

    /// What came so far.
    pub fn came(&self) -> Vec<Mail> {
        self.shared.came.borrow().clone()
    }

    /// Waits until so many have come.
    pub async fn wait_for(&self, count: usize) -> anyhow::Result<Vec<Mail>> {
        let mut came = self.shared.came.subscribe();
        let enough = timeout(PATIENCE, came.wait_for(|came| count <= came.len())).await;
        let enough = enough.with_context(|| format!("fewer than {count} mails came"))?;
        Ok(enough?.clone())
    }
}

/// Whatever bytes come and go by.
trait Line: AsyncRead + AsyncWrite + Unpin + Send {}

impl<T: AsyncRead + AsyncWrite + Unpin + Send> Line for T {}

async fn serve(stream: TcpStream, shared: &Shared) -> anyhow::Result<()> {
    if shared.mode == MailTls::Implicit {
        let stream = shared.tls.accept(stream).await?;
        return talk(&mut BufStream::new(stream), shared, true, true).await.map(drop);
    }
    let mut plain = BufStream::new(stream);
    if talk(&mut plain, shared, false, true).await? {
        let stream = shared.tls.accept(plain.into_inner()).await?;
        talk(&mut BufStream::new(stream), shared, true, false).await?;
    }
    Ok(())
}

/// Talks until the other side ends it; answers whether it wants TLS from here on.
async fn talk<L: Line>(
    line: &mut BufStream<L>,
    shared: &Shared,
    is_secret: bool,
    greets: bool,
) -> anyhow::Result<bool> {
    if greets {
        say(line, "220 localhost").await?;
    }
    let (mut mail, mut is_logged_in) = (None::<Mail>, false);
    loop {
        let mut command = String::new();
        if line.read_line(&mut command).await? == 0 {
            return Ok(false);
        }
        let command = command.trim_end();
        let word = command.split([' ', ':']).next().unwrap_or_default().to_ascii_uppercase();
        match word.as_str() {
            "EHLO" if !is_secret && shared.offers_tls => {
                say(line, "250-localhost\r\n250 STARTTLS").await?;
            }
            "EHLO" => say(line, "250-localhost\r\n250-8BITMIME\r\n250 AUTH PLAIN").await?,
            "STARTTLS" if !is_secret && shared.offers_tls => {
                say(line, "220 go ahead").await?;
                return Ok(true);
            }
            "AUTH" if is_secret => {
                is_logged_in = true;
                say(line, "235 welcome").await?;
            }
            "MAIL" => {
                let (from, to) = (address(command), Vec::new());
                mail = Some(Mail { from, to, data: String::new(), is_logged_in });
                say(line, "250 ok").await?;
            }
            "RCPT" => match (first(shared), &mut mail) {
                (Reply::Recipient(code), _) => {
                    taken(shared);
                    say(line, &format!("{code} no such mailbox")).await?;
                }
                (_, Some(mail)) => {
                    mail.to.push(address(command));
                    say(line, "250 ok").await?;
                }
                (_, None) => say(line, "503 who sends it?").await?,
            },
            "DATA" => {
                say(line, "354 go ahead").await?;
                let mut mail = mail.take().context("DATA without MAIL")?;
                mail.data = read_data(line).await?;
                if !answer(line, shared, mail).await? {
                    return Ok(false);
                }
            }
            "QUIT" => {
                say(line, "221 bye").await?;
                return Ok(false);
            }
            "RSET" | "NOOP" => say(line, "250 ok").await?,
            _ => say(line, "502 what?").await?,
        }
    }
}

/// Takes a mail or not, as it is told; answers whether the connection goes on.
async fn answer<L: Line>(
    line: &mut BufStream<L>,
    shared: &Shared,
    mail: Mail,
) -> anyhow::Result<bool> {
    let reply = taken(shared);
    match reply {
        Reply::Hang => std::future::pending().await,
        Reply::Data(code) => say(line, &format!("{code} not now")).await?,
        Reply::Take | Reply::Recipient(_) | Reply::Lost => {
            shared.came.send_modify(|all| all.push(mail));
            if reply == Reply::Lost {
                return Ok(false);
            }
            say(line, "250 taken").await?;
        }
    }
    Ok(true)
}

async fn say<L: Line>(line: &mut BufStream<L>, text: &str) -> anyhow::Result<()> {
    line.write_all(text.as_bytes()).await?;
    line.write_all(b"\r\n").await?;
    line.flush().await?;
    Ok(())
}

/// All up to the dot, with the dots taken away that were added (RFC 5321, 4.5.2).
async fn read_data<L: Line>(line: &mut BufStream<L>) -> anyhow::Result<String> {
    let mut data = String::new();
    loop {
        let mut read = String::new();
        anyhow::ensure!(0 < line.read_line(&mut read).await?, "broken off within a mail");
        if read == ".\r\n" {
            return Ok(data);
        }
        data.push_str(read.strip_prefix('.').unwrap_or(&read));
    }
}

/// What stands between `<` and `>`.
fn address(command: &str) -> String {
    let inner = command.split_once('<').and_then(|(_, rest)| rest.split_once('>'));
    inner.map_or(String::new(), |(address, _)| address.to_owned())
}

fn first(shared: &Shared) -> Reply {
    let queue = shared.replies.lock().unwrap_or_else(PoisonError::into_inner);
    queue.front().copied().unwrap_or_else(|| usual(shared))
}

fn taken(shared: &Shared) -> Reply {
    let mut queue = shared.replies.lock().unwrap_or_else(PoisonError::into_inner);
    queue.pop_front().unwrap_or_else(|| usual(shared))
}

fn usual(shared: &Shared) -> Reply {
    *shared.usual.lock().unwrap_or_else(PoisonError::into_inner)
}
