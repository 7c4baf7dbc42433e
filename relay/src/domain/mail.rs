//! The operator's mail server: who takes the mails that are sent, and under which name.

use secrecy::SecretString;

/// A server that takes mail over TLS, never without.
#[derive(Clone, Debug)]
pub struct MailServer {
    /// Its name, as its certificate has it.
    pub host: String,
    /// The port.
    pub port: u16,
    /// When TLS begins.
    pub tls: MailTls,
    /// The name and the password, where it wants them.
    pub login: Option<(String, SecretString)>,
    /// The address that mails come from: the operator's, never a dealer's or a visitor's (F-36).
    pub from: String,
    /// Certificates that are trusted beside the usual ones, as PEM.
    pub roots: Option<Vec<u8>>,
}

/// When TLS begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MailTls {
    /// With the connection: `smtps://`, port 465 (RFC 8314).
    Implicit,
    /// By STARTTLS, without which nothing is sent: `smtp://`, port 587 (RFC 3207).
    StartTls,
}
