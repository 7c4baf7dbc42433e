//! What the proxy does to bytes: each blow, at its byte, once.

use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::*;

/// A server that sends back what it gets, to the end.
async fn echo() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    TaskTracker::new().spawn(async move {
        let tasks = TaskTracker::new();
        while let Ok((mut stream, _)) = listener.accept().await {
            tasks.spawn(async move {
                let (mut reader, mut writer) = stream.split();
                let _ = tokio::io::copy(&mut reader, &mut writer).await;
                let _ = writer.shutdown().await;
            });
        }
    });
    address
}

async fn proxy(plan: Plan) -> ChaosProxy {
    let proxy = ChaosProxy::start(echo().await, 7).await.unwrap();
    proxy.usually(plan);
    proxy
}

async fn connect(proxy: &ChaosProxy) -> TcpStream {
    TcpStream::connect(proxy.address()).await.unwrap()
}

/// Sends everything and reads to the end: what came back, and how it ended.
async fn exchange(proxy: &ChaosProxy, bytes: &[u8]) -> (Vec<u8>, io::Result<()>) {
    let mut stream = connect(proxy).await;
    let (mut reader, mut writer) = stream.split();
    let write = async {
        let _ = writer.write_all(bytes).await;
        let _ = writer.shutdown().await;
    };
    let mut back = Vec::new();
    let ((), end) = tokio::join!(write, reader.read_to_end(&mut back));
    (back, end.map(drop))
}

fn letters(n: usize) -> Vec<u8> {
    (b'a'..=b'z').cycle().take(n).collect()
}

#[tokio::test]
async fn without_a_plan_everything_passes_both_ways_and_both_ends_do() {
    let proxy = proxy(Plan::default()).await;
    let sent = letters(100_000);
    let (back, end) = exchange(&proxy, &sent).await;
    assert!(back == sent && end.is_ok());
    assert_eq!((proxy.look().accepted, proxy.look().struck), (1, 0));
}

#[tokio::test]
async fn small_pieces_and_latency_change_no_byte() {
    let proxy = proxy(Plan { latency_ms: 1, slice_bytes: 7, ..Plan::default() }).await;
    let sent = letters(3_000);
    assert_eq!(exchange(&proxy, &sent).await.0, sent);
}

#[tokio::test]
async fn a_cut_falls_after_exactly_its_byte() {
    for (blow, way) in [(Blow::Cut, Way::Down), (Blow::HalfClose(Way::Down), Way::Down)] {
        let proxy = proxy(Plan::blow(blow, way, 1_234, 1_234)).await;
        let sent = letters(5_000);
        let (back, _) = exchange(&proxy, &sent).await;
        assert_eq!(back.len(), 1_234, "{blow:?}");
        assert!(back == sent[..1_234], "{blow:?}");
        assert_eq!(proxy.look().struck, 1);
    }
}

#[tokio::test]
async fn a_half_close_of_the_way_up_lets_the_answer_out() {
    let proxy = proxy(Plan::blow(Blow::HalfClose(Way::Up), Way::Up, 10, 10)).await;
    let (back, end) = exchange(&proxy, &letters(50)).await;
    assert!(end.is_ok());
    assert_eq!(back, letters(10));
}

#[tokio::test]
async fn a_reset_is_one() {
    let proxy = proxy(Plan::blow(Blow::Reset, Way::Down, 10, 10)).await;
    let end = exchange(&proxy, &letters(50)).await.1;
    assert_eq!(end.unwrap_err().kind(), io::ErrorKind::ConnectionReset);
}

#[tokio::test]
async fn what_is_lost_one_way_still_passes_the_other() {
    let proxy = proxy(Plan::blow(Blow::Lose(Way::Up), Way::Up, 4, 4)).await;
    let (back, end) = exchange(&proxy, &letters(50)).await;
    assert!(end.is_ok());
    assert_eq!(back, letters(4));
}

#[tokio::test]
async fn what_is_held_comes_whole_once_it_is_healed() {
    let proxy = proxy(Plan::blow(Blow::Stall, Way::Down, 3, 3)).await;
    let mut stream = connect(&proxy).await;
    stream.write_all(&letters(20)).await.unwrap();
    let mut back = [0; 3];
    stream.read_exact(&mut back).await.unwrap();
    assert_eq!(proxy.look().open, 1, "nothing ends");
    let mut rest = [0; 17];
    let silence = tokio::time::Duration::from_millis(30);
    assert!(tokio::time::timeout(silence, stream.read_exact(&mut rest)).await.is_err());
    proxy.now(Blow::Heal);
    stream.read_exact(&mut rest).await.unwrap();
    assert_eq!(rest[..], letters(20)[3..]);
}

#[tokio::test]
async fn the_same_seed_draws_the_same_bytes_and_another_does_not() {
    let mut ends = Vec::new();
    for seed in [1, 1, 2] {
        let proxy = ChaosProxy::start(echo().await, seed).await.unwrap();
        proxy.usually(Plan::blow(Blow::Cut, Way::Down, 1, 4_000).sliced(50));
        let mut lengths = Vec::new();
        for _ in 0..8 {
            lengths.push(exchange(&proxy, &letters(5_000)).await.0.len());
        }
        ends.push(lengths);
    }
    assert_eq!(ends[0], ends[1]);
    assert_ne!(ends[0], ends[2]);
}

#[tokio::test]
async fn commands_meet_all_that_are_open_and_plans_the_next_ones() {
    let proxy = proxy(Plan::default()).await;
    proxy.next(Plan::blow(Blow::Cut, Way::Down, 1, 1));
    assert_eq!(exchange(&proxy, &letters(9)).await.0, letters(1));
    assert_eq!(exchange(&proxy, &letters(9)).await.0, letters(9));
    let mut streams = [connect(&proxy).await, connect(&proxy).await];
    for stream in &mut streams {
        stream.write_all(b"x").await.unwrap();
        stream.read_exact(&mut [0]).await.unwrap();
    }
    proxy.now(Blow::Cut);
    for stream in &mut streams {
        assert_eq!(stream.read(&mut [0]).await.unwrap(), 0);
    }
    proxy.order(Order::Refuse(true));
    assert!(exchange(&proxy, b"x").await.1.is_err());
    proxy.order(Order::Refuse(false));
    assert!(exchange(&proxy, b"x").await.1.is_ok());
}

#[test]
fn orders_are_lines_of_json() {
    for (line, order) in [
        (
            r#"{"usually":{"latency_ms":5}}"#,
            Order::Usually(Plan { latency_ms: 5, ..Plan::default() }),
        ),
        (
            r#"{"next":{"blow":{"half_close":"up"},"way":"up","from":1,"to":9}}"#,
            Order::Next(Plan::blow(Blow::HalfClose(Way::Up), Way::Up, 1, 9)),
        ),
        (r#"{"now":"reset"}"#, Order::Now(Blow::Reset)),
        (r#"{"refuse":true}"#, Order::Refuse(true)),
        (r#""look""#, Order::Look),
    ] {
        assert_eq!(serde_json::from_str::<Order>(line).unwrap(), order);
    }
    assert!(serde_json::from_str::<Order>(r#"{"next":{"cut":1}}"#).is_err());
}
