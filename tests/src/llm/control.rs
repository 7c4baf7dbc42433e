//! The scripted server's own doors, for tests in other processes.

use std::{collections::BTreeMap, io};

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tokio::io::AsyncWriteExt;

use crate::llm::{
    Recorded, Shared, faults,
    http::{self, Request},
    script::Script,
};

/// One script, or several, or the name of a fault.
#[derive(Deserialize)]
#[serde(untagged)]
enum Order {
    Named { named: String },
    Many(Vec<Script>),
    One(Box<Script>),
}

/// A request, what it was told, and when it had come.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Told {
    /// Its last words.
    pub call: String,
    /// When it had come, in nanoseconds on the wall.
    pub arrived_ns: u64,
    /// The stamped words that it was told.
    pub stamped: String,
}

/// Reads scripts from JSON, or says what is wrong with it.
pub fn scripts(body: &Value) -> Result<Vec<Script>, String> {
    match serde_json::from_value(body.clone()) {
        Ok(Order::Named { named }) => match faults::named(&named) {
            Some(script) => Ok(vec![script]),
            None => Err(format!("no fault is called {named}")),
        },
        Ok(Order::Many(scripts)) => Ok(scripts),
        Ok(Order::One(script)) => Ok(vec![*script]),
        Err(_) => Err("neither a script, nor a list of scripts, nor {\"named\": …}".into()),
    }
}

/// Answers a request to one of the doors.
pub(crate) async fn answer(
    stream: &mut (impl AsyncWriteExt + Unpin),
    shared: &Shared,
    request: &Request,
) -> io::Result<()> {
    let (status, body) = match (request.method.as_str(), request.path.as_str()) {
        ("GET", "/__calls") => (200, json!(shared.with(|inner| calls(&inner.requests)))),
        ("GET", "/__told") => (200, json!(shared.with(|inner| told_so_far(&inner.requests)))),
        ("GET", "/__requests") => (200, json!(shared.with(|inner| inner.requests.clone()))),
        ("POST", "/__release") => {
            let count = request.body["count"].as_u64().unwrap_or(1);
            shared.gate.add_permits(usize::try_from(count).unwrap_or(1));
            (200, json!({}))
        }
        ("POST", "/__script") => told(scripts(&request.body), |scripts| {
            shared.with(|inner| inner.scripts.extend(scripts));
        }),
        ("POST", "/__default") => told(scripts(&request.body), |mut scripts| {
            if let Some(script) = scripts.pop() {
                shared.with(|inner| inner.usual = script);
            }
        }),
        _ => (404, json!({ "problem": "no such door" })),
    };
    let body = body.to_string();
    http::answer(stream, status, "application/json", &BTreeMap::new(), body.as_bytes()).await
}

/// The last words of each request: what the visitor had said when it was made.
fn calls(requests: &[Recorded]) -> Vec<String> {
    requests.iter().map(|request| last_words(&request.body).unwrap_or_default().into()).collect()
}

fn told_so_far(requests: &[Recorded]) -> Vec<Told> {
    let told = |request: &Recorded| Told {
        call: last_words(&request.body).unwrap_or_default().into(),
        arrived_ns: request.arrived_ns,
        stamped: request.stamped.clone(),
    };
    requests.iter().map(told).collect()
}

fn last_words(body: &Value) -> Option<&str> {
    body["messages"].as_array()?.last()?["content"].as_str()
}

fn told(scripts: Result<Vec<Script>, String>, act: impl FnOnce(Vec<Script>)) -> (u16, Value) {
    match scripts {
        Ok(scripts) => {
            let count = scripts.len();
            act(scripts);
            (200, json!({ "scripts": count }))
        }
        Err(problem) => (400, json!({ "problem": problem })),
    }
}
