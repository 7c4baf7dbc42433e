//! Requests that could mean two things, or nothing. Each must be refused, and what is hidden behind
//! it must not be answered.

/// What is hidden behind each of them.
const HIDDEN: &str = "GET /healthz HTTP/1.1\r\nhost: hidden.example\r\n\r\n";

/// Requests in which the end of the first can be read in two ways: lines after the host's.
const TWO_ENDS: [(&str, &str); 22] = [
    ("cl_te", "content-length: 6\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n"),
    ("te_cl", "transfer-encoding: chunked\r\ncontent-length: 4\r\n\r\n1\r\nZ\r\n0\r\n\r\n"),
    ("te_te", "transfer-encoding: chunked\r\ntransfer-encoding: x\r\n\r\n0\r\n\r\n"),
    ("te_unknown", "transfer-encoding: xchunked\r\n\r\n0\r\n\r\n"),
    ("te_identity", "transfer-encoding: chunked, identity\r\n\r\n0\r\n\r\n"),
    ("te_tab", "transfer-encoding:\tchunked\r\n\r\n0\r\n\r\n"),
    ("te_vertical_tab", "transfer-encoding: \u{b}chunked\r\n\r\n0\r\n\r\n"),
    ("te_space_before_colon", "transfer-encoding : chunked\r\n\r\n0\r\n\r\n"),
    ("te_folded", "transfer-encoding:\r\n chunked\r\n\r\n0\r\n\r\n"),
    ("te_behind_lf", "x: y\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n"),
    ("te_behind_cr", "x: y\rtransfer-encoding: chunked\r\n\r\n0\r\n\r\n"),
    ("te_quoted", "transfer-encoding: \"chunked\"\r\n\r\n0\r\n\r\n"),
    ("te_chunk_extension", "transfer-encoding: chunked\r\n\r\n0;x=\"\r\n\"\r\n\r\n"),
    ("te_large_chunk", "transfer-encoding: chunked\r\n\r\nfffffffffffffffff\r\n"),
    ("cl_twice", "content-length: 0\r\ncontent-length: 44\r\n\r\n"),
    ("cl_list", "content-length: 0, 44\r\n\r\n"),
    ("cl_plus", "content-length: +4\r\n\r\nZZZZ"),
    ("cl_minus", "content-length: -1\r\n\r\n"),
    ("cl_hex", "content-length: 0x4\r\n\r\nZZZZ"),
    ("cl_huge", "content-length: 99999999999999999999999\r\n\r\n"),
    ("cl_body_of_a_get", "content-length: 4\r\n\r\nZZZZ"),
    ("expects", "expect: 100-continue\r\ncontent-length: 4\r\n\r\n"),
];

/// Heads that are wrong by themselves.
const WRONG: [(&str, &str); 22] = [
    ("no_host", "GET /healthz HTTP/1.1\r\n\r\n"),
    ("two_hosts", "GET /healthz HTTP/1.1\r\nhost: a.example\r\nhost: b.example\r\n\r\n"),
    ("empty_host", "GET /healthz HTTP/1.1\r\nhost:\r\n\r\n"),
    ("host_with_user", "GET /healthz HTTP/1.1\r\nhost: a@b.example\r\n\r\n"),
    ("host_with_path", "GET /healthz HTTP/1.1\r\nhost: a.example/b\r\n\r\n"),
    ("host_with_space", "GET /healthz HTTP/1.1\r\nhost: a b\r\n\r\n"),
    ("absolute_elsewhere", "GET http://b.example/healthz HTTP/1.1\r\nhost: a.example\r\n\r\n"),
    ("connect", "CONNECT a.example:443 HTTP/1.1\r\nhost: a.example\r\n\r\n"),
    ("trace", "TRACE /healthz HTTP/1.1\r\nhost: a.example\r\n\r\n"),
    ("post", "POST /healthz HTTP/1.1\r\nhost: a.example\r\ncontent-length: 0\r\n\r\n"),
    ("delete", "DELETE /widget.js HTTP/1.1\r\nhost: a.example\r\n\r\n"),
    ("method_override", "PUT /chat/x HTTP/1.1\r\nhost: a\r\nx-http-method-override: GET\r\n\r\n"),
    ("method_of_nothing", " /healthz HTTP/1.1\r\nhost: a.example\r\n\r\n"),
    ("method_with_nul", "GE\0T /healthz HTTP/1.1\r\nhost: a.example\r\n\r\n"),
    ("version_9", "GET /healthz HTTP/9.9\r\nhost: a.example\r\n\r\n"),
    ("version_in_small", "GET /healthz http/1.1\r\nhost: a.example\r\n\r\n"),
    ("http_0_9", "GET /healthz\r\n\r\n"),
    ("http_2_at_once", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0"),
    ("tls_at_once", "\x16\x03\x01\x02\0\x01\0\x01\u{7f}\x03\x03\r\n\r\n"),
    ("header_without_colon", "GET /healthz HTTP/1.1\r\nhost: a.example\r\nnothing\r\n\r\n"),
    ("header_without_name", "GET /healthz HTTP/1.1\r\nhost: a.example\r\n: x\r\n\r\n"),
    ("header_with_nul", "GET /healthz HTTP/1.1\r\nhost: a.example\r\nx: a\0b\r\n\r\n"),
];

/// All of them by name, with what is hidden behind them.
pub(super) fn requests() -> Vec<(String, Vec<u8>)> {
    let two_ends = TWO_ENDS.iter().flat_map(|(name, lines)| {
        ["GET", "POST"].map(|method| {
            let bytes = format!("{method} /healthz HTTP/1.1\r\nhost: a.example\r\n{lines}{HIDDEN}");
            (format!("{name}_{}", method.to_lowercase()), bytes.into_bytes())
        })
    });
    let wrong = WRONG.iter().map(|(name, head)| ((*name).to_owned(), head.as_bytes().to_vec()));
    two_ends.chain(wrong).chain(too_much()).collect()
}

/// Heads that are too much.
fn too_much() -> Vec<(String, Vec<u8>)> {
    let head = |line: &str, more: &str| {
        format!("{line} HTTP/1.1\r\nhost: a.example\r\n{more}\r\n").into_bytes()
    };
    let many = "x: y\r\n".repeat(10_000);
    let long = "y".repeat(100_000);
    vec![
        ("header_of_100_kb".to_owned(), head("GET /healthz", &format!("x: {long}\r\n"))),
        ("name_of_100_kb".to_owned(), head("GET /healthz", &format!("{long}: x\r\n"))),
        ("10000_headers".to_owned(), head("GET /healthz", &many)),
        ("target_of_100_kb".to_owned(), head(&format!("GET /{long}"), "")),
        ("method_of_100_kb".to_owned(), head(&format!("{long} /"), "")),
    ]
}
