//! Messages and kept records to JSON text.

use protocol::{
    ClientMessage, FailureCode,
    client::Hello,
    lead::{Channel, ConsentAnswer, FieldKind, LeadFields, LeadKind},
};

use crate::{
    kept::{KeptItem, KeptOutbox, KeptSession},
    strings::number,
};

/// The frame of a message.
pub fn frame(message: &ClientMessage) -> String {
    let mut json = Json::default();
    json.open(b'{');
    match message {
        ClientMessage::Hello(hello) => write_hello(&mut json, hello),
        ClientMessage::Say { client_msg_id, text } => {
            json.member("type", "say");
            json.member("client_msg_id", client_msg_id.as_str());
            json.member("text", text);
        }
        ClientMessage::Stop { reply_id } => {
            json.member("type", "stop");
            if let Some(reply) = reply_id {
                json.member("reply_id", reply.as_str());
            }
        }
        ClientMessage::Retry { reply_id } => {
            json.member("type", "retry");
            json.member("reply_id", reply_id.as_str());
        }
        ClientMessage::Lead { client_msg_id, kind, fields, consents } => {
            json.member("type", "lead");
            json.member("client_msg_id", client_msg_id.as_str());
            write_lead(&mut json, *kind, fields, consents);
        }
        ClientMessage::Ping => json.member("type", "ping"),
    }
    json.close(b'}');
    json.out
}

fn write_hello(json: &mut Json, hello: &Hello) {
    json.member("type", "hello");
    json.plain("protocol", &number(u64::from(hello.protocol)));
    json.member("site_key", hello.site_key.as_str());
    if let Some(resume) = &hello.resume {
        json.key("resume");
        json.open(b'{');
        json.member("token", resume.token.as_str());
        json.member("epoch", resume.epoch.as_str());
        json.plain("after_seq", &number(resume.after_seq));
        if let Some(reply) = &resume.reply {
            json.key("reply");
            json.open(b'{');
            json.member("id", reply.id.as_str());
            json.plain("offset", &number(reply.offset));
            json.close(b'}');
        }
        json.close(b'}');
    }
    json.member("locale", &hello.locale);
    json.member("build", &hello.build);
}

fn write_lead(json: &mut Json, kind: LeadKind, fields: &LeadFields, consents: &[ConsentAnswer]) {
    json.member("kind", kind.word());
    json.key("fields");
    json.open(b'{');
    for kind in FieldKind::ALL {
        if let Some(value) = fields.get(kind) {
            json.member(kind.name(), value);
        }
    }
    json.close(b'}');
    json.key("consents");
    json.open(b'[');
    for consent in consents {
        json.item();
        json.open(b'{');
        let channel = match consent.channel {
            Channel::Email => "email",
            Channel::Sms => "sms",
            Channel::Phone => "phone",
            Channel::Post => "post",
        };
        json.member("channel", channel);
        json.plain("given", truth(consent.given));
        json.member("version", &consent.version);
        json.close(b'}');
    }
    json.close(b']');
}

/// What a tab keeps of its session.
pub fn kept_session(session: &KeptSession) -> String {
    let mut json = Json::default();
    json.open(b'{');
    json.member("site", session.site.as_str());
    json.member("token", session.token.as_str());
    json.member("epoch", session.epoch.as_str());
    if let Some(conversation) = &session.conversation {
        json.member("conversation", conversation.as_str());
    }
    json.close(b'}');
    json.out
}

/// What a tab keeps of its outbox.
pub fn kept_outbox(outbox: &KeptOutbox) -> String {
    let mut json = Json::default();
    json.open(b'{');
    json.member("site", outbox.site.as_str());
    json.member("draft", &outbox.draft);
    json.key("waiting");
    json.open(b'[');
    for item in &outbox.waiting {
        json.item();
        write_item(&mut json, item);
    }
    json.close(b']');
    if let Some(form) = &outbox.form {
        json.key("form");
        json.open(b'{');
        write_lead(&mut json, form.kind, &form.fields, &form.consents);
        json.close(b'}');
    }
    for (name, on) in [("quiet", outbox.quiet), ("whole", outbox.whole)] {
        json.plain(name, truth(on));
    }
    json.close(b'}');
    json.out
}

fn write_item(json: &mut Json, item: &KeptItem) {
    json.open(b'{');
    json.member("id", item.id.as_str());
    if let Some(text) = &item.text {
        json.member("text", text);
    }
    if let Some(lead) = &item.lead {
        json.key("lead");
        json.open(b'{');
        write_lead(json, lead.kind, &lead.fields, &lead.consents);
        json.close(b'}');
    }
    if let Some(code) = item.refused {
        // The codes that the visitor is told apart.
        let name = match code {
            FailureCode::TextTooLong => "text_too_long",
            FailureCode::StorageFull => "storage_full",
            FailureCode::LeadInvalid => "lead_invalid",
            _ => "bad_frame",
        };
        json.member("refused", name);
    }
    json.close(b'}');
}

fn truth(on: bool) -> &'static str {
    if on { "true" } else { "false" }
}

/// JSON being written. A comma stands before all but the first of an object or a list.
#[derive(Default)]
struct Json {
    out: String,
}

impl Json {
    fn open(&mut self, bracket: u8) {
        self.out.push(char::from(bracket));
    }

    fn close(&mut self, bracket: u8) {
        self.out.push(char::from(bracket));
    }

    fn item(&mut self) {
        if !matches!(self.out.as_bytes().last(), None | Some(b'{' | b'[' | b':')) {
            self.out.push(',');
        }
    }

    fn key(&mut self, name: &str) {
        self.item();
        self.text(name);
        self.out.push(':');
    }

    fn member(&mut self, name: &str, value: &str) {
        self.key(name);
        self.text(value);
    }

    fn plain(&mut self, name: &str, value: &str) {
        self.key(name);
        self.out.push_str(value);
    }

    fn text(&mut self, text: &str) {
        self.out.push('"');
        for c in text.chars() {
            match c {
                '"' | '\\' => {
                    self.out.push('\\');
                    self.out.push(c);
                }
                '\n' => self.out.push_str("\\n"),
                '\0'..='\u{1f}' => {
                    let code = usize::try_from(u32::from(c)).unwrap_or(0);
                    self.out.push_str("\\u00");
                    for digit in [code >> 4, code & 15] {
                        self.out.push(char::from(b"0123456789abcdef"[digit]));
                    }
                }
                c => self.out.push(c),
            }
        }
        self.out.push('"');
    }
}
