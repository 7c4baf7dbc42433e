//! T35: frames as no widget writes them. Each is answered by a close with its documented code, soon;
//! compression is never negotiated; half a message weighs little; other visitors notice nothing.
//! The control is a bare `axum::serve` with axum's own bounds.

use std::{
    net::{Ipv4Addr, SocketAddr},
    path::Path,
    time::Duration,
};

use anyhow::Context;
use futures_util::future::try_join_all;
use protocol::limits::MAX_FRAME_BYTES;
use tokio_util::sync::CancellationToken;

use super::{Findings, Tier};
use crate::{
    echo::{EchoProcess, Manner},
    measure::{Durations, Stopwatch, count, resident_bytes, rounded},
    process::Forecourt,
    raw::{Attack, End, GOES_ON, PING, RawSocket, TEXT, TEXT_BEGINS, claim, frame},
    visitor::Visitor,
};

/// How soon a socket must be closed once it did what it must not.
const CLOSE_MS_MAX: f64 = 100.0;

/// How soon where it may do it a number of times first.
const FLOOD_MS_MAX: f64 = 1_000.0;

/// How long a socket may stay open before the run counts it as never closed.
const PATIENCE: Duration = Duration::from_secs(5);

/// The same for the control, where most never are.
const CONTROL_PATIENCE: Duration = Duration::from_millis(1_500);

/// How many attacks a permissive server lets through, at least: of those whose code is not the
/// protocol's own, so that it could have sent it.
const CONTROL_OPEN_MIN: u64 = 10;

/// From here on a code is the protocol's own.
const OWN_CODES: u16 = 4_000;

/// How much half a message may weigh beyond an idle socket, in kB for each: the largest frame where
/// it is read, the same where the message is put together, and the buffer for the next one.
const KB_PER_SOCKET_MAX: f64 = 139.3;

/// How soon another visitor is acknowledged meanwhile.
const ACK_MS_MAX: f64 = 50.0;

/// How many sockets attack at once, each again and again.
const ATTACKERS: usize = 3;

/// The pause between two attacks of one socket and the next.
const REGROUPED: Duration = Duration::from_millis(5);

/// How much the other visitor says in a round: so much under attack, and on until the attacks are
/// over, but no more than one may say at once (`VISITOR_BURST`).
const CALM_MIN: usize = 3;
const CALM_MAX: usize = 8;

/// How many sockets an address may have while it attacks, and twice as many may it open at once: more
/// than a run opens.
const SOCKETS_OF_ATTACKERS: u32 = 1_000_000;

/// How many it may have where they are counted.
const SOCKETS_PER_ADDRESS: u32 = 60;

/// How many of them hold half a message.
const HALVES: u16 = 40;

/// One attack, and what must come of it.
struct Case {
    name: &'static str,
    attack: Attack,
    codes: &'static [u16],
    /// Whether it takes many of them before the socket is closed.
    flood: bool,
}

/// What the other visitors saw.
#[derive(Default)]
struct Acks {
    all: Durations,
    /// How many of them came before the last attack of their round was over.
    under_attack: u64,
    attacks: u64,
    /// Where the latest of them came from: the end of the address.
    from: u8,
}

/// Runs the test and its control.
pub async fn run(tier: Tier, findings: &mut Findings) -> anyhow::Result<()> {
    let dir = tempfile::tempdir()?;
    let mut relay = started(dir.path(), SOCKETS_OF_ATTACKERS).await?;
    // First of all: what attacks leave behind in memory would hide what messages take.
    weighed(&relay, findings).await?;
    let mut acks = Acks::default();
    for _ in 0..tier.pick(1, 10, 100) {
        for case in cases()? {
            attacked(&relay, &case, &mut acks, findings).await?;
        }
    }
    findings.note("attacks", acks.attacks);
    findings.note("calm_acks", acks.all.len());
    findings.note("calm_acks_under_attack", acks.under_attack);
    findings.fast("calm_ack_ms_p99", acks.all.per_mille_ms(990), ACK_MS_MAX);
    never_compressed(relay.address(), findings).await?;
    relay.kill().await?;
    let mut relay = started(dir.path(), SOCKETS_PER_ADDRESS).await?;
    counted(relay.address(), findings).await?;
    relay.kill().await?;

    let echo = EchoProcess::start(Manner::Permissive).await?;
    let mut open = 0_u64;
    let is_common = |case: &Case| case.codes.iter().all(|code| *code < OWN_CODES);
    for case in cases()?.into_iter().filter(is_common) {
        let attack = Attack { greeting: None, ..case.attack };
        let (end, _) = socket(echo.address).await?.attack(&attack, CONTROL_PATIENCE).await;
        open += u64::from(!is_right(end, case.codes));
    }
    findings.note("control_let_through", open);
    findings.control("a bare axum::serve", CONTROL_OPEN_MIN <= open);
    Ok(())
}

/// A relay where one address may hold so many sockets. All attack one dealer's site: how that dealer
/// is slowed down is T07's.
async fn started(dir: &Path, sockets: u32) -> anyhow::Result<Forecourt> {
    let mut relay = Forecourt::named("FORECOURT_BIN", &dir.join("data"))?
        .set("FORECOURT_LIMITS_MAX_SOCKETS_PER_ADDRESS", &sockets.to_string())
        .set("FORECOURT_LIMITS_DEALER_MESSAGES_PER_MINUTE", "4000000");
    relay.start().await?;
    Ok(relay)
}

/// All attacks.
fn cases() -> anyhow::Result<Vec<Case>> {
    let once = |name, begin, codes| Case {
        name,
        attack: Attack { begin, ..Attack::default() },
        codes,
        flood: false,
    };
    let endless = |name, begin, again, codes| Case {
        name,
        attack: Attack { begin, again, ..Attack::default() },
        codes,
        flood: false,
    };
    let mut pings = endless("ping_flood", Vec::new(), frame(PING, true, b"?"), &[4003]);
    pings.attack.greeting = Some(serde_json::to_string(&protocol::ClientMessage::Hello(
        Forecourt::stranger()?.greeting(),
    ))?);
    pings.attack.pause = Duration::from_millis(1);
    pings.flood = true;
    let mut words = endless("word_flood", Vec::new(), say()?, &[4003]);
    words.attack.greeting.clone_from(&pings.attack.greeting);
    words.flood = true;
    let mut early = endless("ping_flood_unasked", Vec::new(), frame(PING, true, b""), &[4003]);
    early.attack.pause = Duration::from_millis(1);
    early.flood = true;
    let single = frame(GOES_ON, true, b"x");
    let fragments = [frame(TEXT_BEGINS, true, b"x"), single.repeat(9_998), frame(0x80, true, b"x")];
    Ok(vec![
        once("65537_bytes", frame(TEXT, true, &vec![b'x'; MAX_FRAME_BYTES + 1]), &[1009]),
        once("claim_16_mib", claim(TEXT, true, 16 << 20), &[1009]),
        once("claim_2_to_63", claim(TEXT, true, u64::MAX >> 1), &[1009]),
        endless(
            "endless_fragments",
            frame(TEXT_BEGINS, true, b"{"),
            frame(GOES_ON, true, &[b'x'; 4_096]),
            &[1009],
        ),
        endless(
            "endless_empty_fragments",
            frame(TEXT_BEGINS, true, b""),
            frame(GOES_ON, true, b"").repeat(500),
            &[1009],
        ),
        once("10000_fragments", fragments.concat(), &[4000]),
        once("unmasked", frame(TEXT, false, b"{}"), &[1002]),
        once("rsv1", frame(TEXT | 0x40, true, b"{}"), &[1002]),
        once("rsv2", frame(TEXT | 0x20, true, b"{}"), &[1002]),
        once("rsv3", frame(TEXT | 0x10, true, b"{}"), &[1002]),
        once("opcode_3", frame(0x83, true, b"{}"), &[1002]),
        once("long_ping", frame(PING, true, &[0; 126]), &[1002]),
        once("ping_in_fragments", frame(0x09, true, b""), &[1002]),
        once("goes_on_with_nothing", frame(0x80, true, b"{}"), &[1002]),
        once("not_utf8", frame(TEXT, true, b"\xff\xfe"), &[1007]),
        once("binary", frame(0x82, true, b"{}"), &[4000]),
        pings,
        early,
        words,
    ])
}

fn say() -> anyhow::Result<Vec<u8>> {
    let say = protocol::ClientMessage::Say {
        client_msg_id: crate::visitor::fresh_id(),
        text: "?".to_owned(),
    };
    Ok(frame(TEXT, true, serde_json::to_string(&say)?.as_bytes()))
}

/// A socket that is open.
async fn socket(address: SocketAddr) -> anyhow::Result<RawSocket> {
    let opened = RawSocket::open(address, "").await?;
    opened.map(|(socket, _)| socket).map_err(|refused| anyhow::anyhow!("refused: {refused}"))
}

fn is_right(end: End, codes: &[u16]) -> bool {
    matches!(end, End::Code(code) if codes.contains(&code))
}

/// Attacks while a visitor talks, from several sockets, until that visitor has said enough; and the
/// visitor talks until they are done.
async fn attacked(
    relay: &Forecourt,
    case: &Case,
    acks: &mut Acks,
    findings: &mut Findings,
) -> anyhow::Result<()> {
    let mut calm = Forecourt::stranger()?;
    // Each from elsewhere: what one address may send is shared by all that come from there.
    acks.from = acks.from.wrapping_add(1);
    calm.from = Some(Ipv4Addr::new(127, 0, 1, acks.from));
    relay.greet(&mut calm).await?;
    let before = acks.under_attack;
    let (enough, over) = (CancellationToken::new(), CancellationToken::new());
    let attacks = async {
        let attackers = (0..ATTACKERS).map(|_| attacker(relay.address(), case, &enough));
        let ends = try_join_all(attackers).await;
        over.cancel();
        ends
    };
    let talking = async {
        let _enough = enough.clone().drop_guard();
        talk(&mut calm, acks, &enough, &over).await
    };
    let (ended, talked) = tokio::join!(attacks, talking);
    talked.with_context(|| format!("during {}", case.name))?;
    let ends: Vec<_> = ended?.into_iter().flatten().collect();
    acks.attacks += ends.len() as u64;
    let under_attack = acks.under_attack - before;
    findings.hold(CALM_MIN as u64 <= under_attack, || {
        format!("{} was over after {under_attack} words of the other visitor", case.name)
    });
    let wrong = ends.iter().find(|(end, _)| !is_right(*end, case.codes));
    findings.hold(wrong.is_none(), || {
        format!("{} ended as {wrong:?}, should have been closed with {:?}", case.name, case.codes)
    });
    let bound = if case.flood { FLOOD_MS_MAX } else { CLOSE_MS_MAX };
    let longest = ends.iter().map(|(_, time)| *time).max().unwrap_or(Duration::MAX);
    findings.fast(&format!("{}_ms", case.name), longest.as_secs_f64() * 1_000.0, bound);
    Ok(())
}

/// One attack after the other, each on a fresh socket, until it is enough or one went wrong.
async fn attacker(
    relay: SocketAddr,
    case: &Case,
    enough: &CancellationToken,
) -> anyhow::Result<Vec<(End, Duration)>> {
    let mut ends = Vec::new();
    loop {
        let (end, time) = socket(relay).await?.attack(&case.attack, PATIENCE).await;
        ends.push((end, time));
        if enough.is_cancelled() || !is_right(end, case.codes) {
            return Ok(ends);
        }
        tokio::time::sleep(REGROUPED).await;
    }
}

/// Words that are acknowledged, each timed.
async fn talk(
    calm: &mut Visitor,
    acks: &mut Acks,
    enough: &CancellationToken,
    over: &CancellationToken,
) -> anyhow::Result<()> {
    for n_said in 1..=CALM_MAX {
        let watch = Stopwatch::start();
        calm.say("How long is the warranty?").await?;
        acks.all.push(watch.elapsed());
        acks.under_attack += u64::from(!over.is_cancelled());
        calm.settled().await?;
        if CALM_MIN <= n_said {
            enough.cancel();
            if over.is_cancelled() {
                break;
            }
        }
    }
    Ok(())
}

/// An offer of compression is passed over.
async fn never_compressed(relay: SocketAddr, findings: &mut Findings) -> anyhow::Result<()> {
    let offer = "sec-websocket-extensions: permessage-deflate; client_max_window_bits\r\n";
    let opened = RawSocket::open(relay, offer).await?;
    let (_socket, head) = opened.map_err(|head| anyhow::anyhow!("refused: {head}"))?;
    let agreed = head.to_ascii_lowercase().contains("sec-websocket-extensions");
    findings.exactly("compression_agreed", u64::from(agreed), 0);
    Ok(())
}

/// What sockets weigh that each hold a message but for its last byte.
async fn weighed(relay: &Forecourt, findings: &mut Findings) -> anyhow::Result<()> {
    let pid = relay.pid().context("the relay runs")?;
    let almost = frame(TEXT_BEGINS, true, &vec![b'x'; MAX_FRAME_BYTES - 1]);
    let mut held = Vec::new();
    for _ in 0..HALVES {
        held.push(socket(relay.address()).await?);
    }
    let before = resident_bytes(pid)?;
    for socket in &mut held {
        socket.send(&almost).await?;
        // Answered within the message: what came before it has been read.
        socket.send(&frame(PING, true, b"read?")).await?;
        socket.frame().await?;
    }
    let grown = resident_bytes(pid)?.saturating_sub(before);
    let kb = count(grown) / 1_000.0 / f64::from(HALVES);
    findings.at_most("kb_per_half_message", rounded(kb), KB_PER_SOCKET_MAX);
    Ok(())
}

/// One address gets so many sockets and no more; the next is told so.
async fn counted(relay: SocketAddr, findings: &mut Findings) -> anyhow::Result<()> {
    let mut held = Vec::new();
    let refusal = loop {
        match RawSocket::open(relay, "").await? {
            Ok((socket, _)) => held.push(socket),
            Err(refusal) => break refusal,
        }
        if u64::from(SOCKETS_PER_ADDRESS) < held.len() as u64 {
            break String::new();
        }
    };
    let told = refusal.contains(" 429 ") && refusal.contains("too_many_sockets");
    findings.hold(told, || format!("one socket too many was answered: {refusal}"));
    findings.at_most("sockets_of_one_address", count(held.len() as u64), 60.0);
    Ok(())
}
