//! What one end prints, the other end reads: for any message, not only for those in the golden files.

use proptest::{collection::vec, option, prelude::*};
use protocol::{
    AuthorKind, ClientMessage, ClientMsgId, ConversationId, DealerId, Epoch, Failure, FailureCode,
    Finish, LeadId, Message, Offer, ReplyId, ServerMessage, SessionToken, SiteKey, Source,
    client::{Hello, ReplyPlace, Resume},
    dealer::{Contact, DealerView, Notice, Theme},
    failure::{FieldProblem, Problem},
    lead::{
        Channel, ConsentAnswer, ConsentOption, FieldKind, FieldLabel, FormField, KindForm,
        LeadFields, LeadForm, LeadKind,
    },
    server::{Resumed, Welcome},
};
use serde::{Serialize, de::DeserializeOwned};

fn words() -> impl Strategy<Value = String> {
    prop_oneof![any::<String>(), Just("\"\\\u{0}\u{2028}\u{1f697}</script>".to_owned())]
}

fn some_words() -> impl Strategy<Value = Option<String>> {
    option::of(words())
}

fn msg_id() -> impl Strategy<Value = ClientMsgId> {
    any::<[u8; 16]>().prop_map(|bytes| ClientMsgId::from_bytes(&bytes))
}

fn reply_id() -> impl Strategy<Value = ReplyId> {
    any::<[u8; 16]>().prop_map(|bytes| ReplyId::from_bytes(&bytes))
}

fn epoch() -> impl Strategy<Value = Epoch> {
    any::<[u8; 16]>().prop_map(|bytes| Epoch::from_bytes(&bytes))
}

fn conversation() -> impl Strategy<Value = ConversationId> {
    any::<[u8; 16]>().prop_map(|bytes| ConversationId::from_bytes(&bytes))
}

fn token() -> impl Strategy<Value = SessionToken> {
    any::<[u8; 32]>().prop_map(|bytes| SessionToken::from_bytes(&bytes))
}

fn channel() -> impl Strategy<Value = Channel> {
    prop::sample::select(vec![Channel::Email, Channel::Sms, Channel::Phone, Channel::Post])
}

fn lead_fields() -> impl Strategy<Value = LeadFields> {
    vec(some_words(), FieldKind::ALL.len()).prop_map(|values| {
        let mut fields = LeadFields::default();
        for (kind, value) in FieldKind::ALL.into_iter().zip(values) {
            fields.set(kind, value);
        }
        fields
    })
}

fn lead_kind() -> impl Strategy<Value = LeadKind> {
    prop::sample::select(LeadKind::ALL.to_vec())
}

fn hello() -> impl Strategy<Value = ClientMessage> {
    // Places and resumptions don't print, so that no log shows a token: they are built at the end.
    let resume = (token(), epoch(), any::<u64>(), option::of((reply_id(), any::<u64>())));
    let key = "site_[a-z0-9-]{4,40}".prop_filter_map("a site key", |key| SiteKey::parse(&key).ok());
    (any::<u32>(), key, option::of(resume), words(), words()).prop_map(
        |(protocol, site_key, resume, locale, build)| {
            let resume = resume.map(|(token, epoch, after_seq, reply)| {
                let reply = reply.map(|(id, offset)| ReplyPlace { id, offset });
                Resume { token, epoch, after_seq, reply }
            });
            ClientMessage::Hello(Hello { protocol, site_key, resume, locale, build })
        },
    )
}

fn client() -> impl Strategy<Value = ClientMessage> {
    let consent = (channel(), any::<bool>(), words())
        .prop_map(|(channel, given, version)| ConsentAnswer { channel, given, version });
    prop_oneof![
        hello(),
        (msg_id(), words())
            .prop_map(|(client_msg_id, text)| ClientMessage::Say { client_msg_id, text }),
        option::of(reply_id()).prop_map(|reply_id| ClientMessage::Stop { reply_id }),
        reply_id().prop_map(|reply_id| ClientMessage::Retry { reply_id }),
        (msg_id(), lead_kind(), lead_fields(), vec(consent, 0..4)).prop_map(
            |(client_msg_id, kind, fields, consents)| {
                ClientMessage::Lead { client_msg_id, kind, fields, consents }
            }
        ),
        Just(ClientMessage::Ping),
    ]
}

fn message() -> impl Strategy<Value = Message> {
    let authors = vec![AuthorKind::Visitor, AuthorKind::Ai, AuthorKind::Human, AuthorKind::System];
    let finishes = vec![Finish::Complete, Finish::Truncated, Finish::Interrupted, Finish::Failed];
    let source = (words(), some_words()).prop_map(|(title, url)| Source { title, url });
    let head = (any::<u64>(), prop::sample::select(authors), words(), any::<i64>());
    let ids = (option::of(msg_id()), option::of(reply_id()));
    let tail = (
        option::of(prop::sample::select(finishes)),
        some_words(),
        vec(source, 0..3),
        prop_oneof![Just(Offer::None), Just(Offer::Lead), lead_kind().prop_map(Offer::Form)],
    );
    (head, ids, tail).prop_map(|((seq, author_kind, text, at), (client_msg_id, reply_id), tail)| {
        let (finish, generator, sources, offer) = tail;
        Message {
            seq,
            author_kind,
            text,
            at,
            client_msg_id,
            reply_id,
            finish,
            generator,
            sources,
            offer,
        }
    })
}

fn lead_form() -> impl Strategy<Value = LeadForm> {
    let field = (prop::sample::select(FieldKind::ALL.to_vec()), any::<bool>())
        .prop_map(|(kind, required)| FormField { kind, required });
    let consent = (channel(), words(), words())
        .prop_map(|(channel, text, version)| ConsentOption { channel, text, version });
    let kind = (lead_kind(), words(), vec(field.clone(), 0..5))
        .prop_map(|(kind, title, fields)| KindForm { kind, title, fields });
    let label = (prop::sample::select(FieldKind::ALL.to_vec()), words(), words())
        .prop_map(|(kind, label, wrong)| FieldLabel { kind, label, wrong });
    (vec(field, 0..5), vec(consent, 0..4), vec(kind, 0..4), words(), vec(label, 0..4)).prop_map(
        |(fields, consents, kinds, choice, labels)| LeadForm {
            fields,
            consents,
            kinds,
            choice,
            labels,
        },
    )
}

fn dealer() -> impl Strategy<Value = DealerView> {
    let notice = (words(), words(), words(), vec(words(), 0..3))
        .prop_map(|(version, lang, text, details)| Notice { version, lang, text, details });
    let contact = (some_words(), some_words(), vec(words(), 0..3), any::<Option<bool>>())
        .prop_map(|(phone, email, hours, open_now)| Contact { phone, email, hours, open_now });
    let theme = (some_words(), some_words(), some_words(), some_words()).prop_map(
        |(accent, on_accent, ink_light, ink_dark)| Theme { accent, on_accent, ink_light, ink_dark },
    );
    let texts = (words(), words(), words(), words(), vec(words(), 0..3));
    (texts, notice, contact, theme, lead_form()).prop_map(
        |(texts, notice, contact, theme, lead_form)| {
            let (name, assistant, privacy_url, greeting, suggestions) = texts;
            DealerView {
                name,
                assistant,
                privacy_url,
                notice,
                greeting,
                suggestions,
                contact,
                theme,
                lead_form,
            }
        },
    )
}

fn welcome() -> impl Strategy<Value = ServerMessage> {
    let resumed = prop::sample::select(vec![Resumed::New, Resumed::Complete, Resumed::Incomplete]);
    let head = (any::<u32>(), epoch(), resumed, option::of(token()), option::of(conversation()));
    let tail = (vec(message(), 0..3), any::<bool>(), option::of(reply_id()), any::<Option<i64>>());
    (head, tail, dealer()).prop_map(|(head, tail, dealer)| {
        let (protocol, epoch, resumed, token, conversation) = head;
        let (messages, more, reply, expires_at) = tail;
        ServerMessage::Welcome(Box::new(Welcome {
            protocol,
            epoch,
            resumed,
            token,
            conversation,
            messages,
            more,
            reply,
            dealer,
            expires_at,
        }))
    })
}

fn failed() -> impl Strategy<Value = ServerMessage> {
    let codes = vec![FailureCode::BadFrame, FailureCode::SlowDown, FailureCode::LeadInvalid];
    let problems = vec![
        Problem::Missing,
        Problem::TooLong,
        Problem::NotAnEmail,
        Problem::Invalid,
        Problem::Unknown,
    ];
    let field = (words(), prop::sample::select(problems))
        .prop_map(|(field, problem)| FieldProblem { field, problem });
    (
        prop::sample::select(codes),
        words(),
        any::<Option<u64>>(),
        option::of(msg_id()),
        option::of(reply_id()),
        vec(field, 0..3),
    )
        .prop_map(|(code, message, retry_after_ms, client_msg_id, reply_id, fields)| {
            ServerMessage::Failed(Failure {
                code,
                message,
                retry_after_ms,
                client_msg_id,
                reply_id,
                fields,
            })
        })
}

fn accepted() -> impl Strategy<Value = ServerMessage> {
    let places = (any::<u64>(), any::<i64>(), any::<i64>());
    (msg_id(), places, conversation(), option::of(reply_id())).prop_map(
        |(client_msg_id, (seq, at, expires_at), conversation, reply_id)| ServerMessage::Accepted {
            client_msg_id,
            seq,
            at,
            conversation,
            expires_at,
            reply_id,
        },
    )
}

fn server() -> impl Strategy<Value = ServerMessage> {
    let lead = any::<[u8; 16]>().prop_map(|bytes| LeadId::from_bytes(&bytes));
    prop_oneof![
        welcome(),
        (vec(message(), 0..3), any::<bool>())
            .prop_map(|(messages, more)| ServerMessage::History { messages, more }),
        accepted(),
        (reply_id(), any::<u64>(), words())
            .prop_map(|(reply_id, offset, text)| ServerMessage::Delta { reply_id, offset, text }),
        (reply_id(), message(), any::<i64>()).prop_map(|(reply_id, message, expires_at)| {
            ServerMessage::Done { reply_id, message, expires_at }
        }),
        (msg_id(), lead)
            .prop_map(|(client_msg_id, lead)| ServerMessage::LeadTaken { client_msg_id, lead }),
        failed(),
        Just(ServerMessage::Pong),
    ]
}

/// Prints and reads again.
fn trip<T: Serialize + DeserializeOwned>(value: &T) -> Result<T, TestCaseError> {
    let text =
        serde_json::to_string(value).map_err(|error| TestCaseError::fail(error.to_string()))?;
    serde_json::from_str(&text).map_err(|error| TestCaseError::fail(format!("{error}: {text}")))
}

proptest! {
    #[test]
    fn each_message_of_the_client_survives_the_wire(message in client()) {
        prop_assert_eq!(trip(&message)?, message);
    }

    #[test]
    fn each_message_of_the_relay_survives_the_wire(message in server()) {
        prop_assert_eq!(trip(&message)?, message);
    }

    #[test]
    fn each_id_reads_back_and_is_no_id_of_another_kind(bytes in any::<[u8; 16]>()) {
        let dealer = DealerId::from_bytes(&bytes);
        prop_assert_eq!(trip(&dealer)?, dealer.clone());
        prop_assert_eq!(DealerId::parse(dealer.as_str()), Ok(dealer.clone()));
        prop_assert!(ConversationId::parse(dealer.as_str()).is_err());
        prop_assert!(SessionToken::parse(dealer.as_str()).is_err());
    }

    #[test]
    fn no_text_makes_the_parsers_of_ids_and_messages_panic(text in words()) {
        let _ = DealerId::parse(&text);
        let _ = SiteKey::parse(&text);
        let _ = serde_json::from_str::<ClientMessage>(&text);
        let _ = serde_json::from_str::<ServerMessage>(&text);
    }

    #[test]
    fn what_is_printed_for_a_log_holds_no_word_of_the_visitor(text in "[a-z]{12,40}") {
        let client_msg_id = ClientMsgId::from_bytes(&[1; 16]);
        let say = ClientMessage::Say { client_msg_id: client_msg_id.clone(), text: text.clone() };
        let fields = LeadFields { name: Some(text.clone()), phone: Some(text.clone()), ..LeadFields::default() };
        let lead = ClientMessage::Lead {
            client_msg_id,
            kind: LeadKind::TestDrive,
            fields,
            consents: Vec::new(),
        };
        let printed = format!("{say:?}{lead:?}");
        prop_assert!(!printed.contains(&text));
    }
}
