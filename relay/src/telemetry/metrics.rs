//! Counters, gauges and histograms, rendered as Prometheus text for the operator's door.

use metrics_exporter_prometheus::{
    Matcher, PrometheusBuilder, PrometheusHandle, PrometheusRecorder,
};

use super::{
    TelemetryError,
    names::{ALL, Kind, Metric},
};
use crate::{lifecycle::Tasks, limits::METRICS_UPKEEP};

/// What is counted in this process. Cheap to clone.
#[derive(Clone)]
pub struct Metrics {
    handle: PrometheusHandle,
}

impl std::fmt::Debug for Metrics {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Metrics")
    }
}

impl Metrics {
    /// Counts for the whole process; once in its life.
    pub fn install() -> Result<Self, TelemetryError> {
        let recorder = recorder();
        let handle = recorder.handle();
        ::metrics::set_global_recorder(recorder).map_err(|_| TelemetryError::Twice)?;
        describe();
        Ok(Self { handle })
    }

    /// Counts nothing, renders nothing: many relays in one process would share their counts.
    pub fn for_tests() -> Self {
        Self { handle: recorder().handle() }
    }

    /// The text for `/metrics`.
    pub fn render(&self) -> String {
        self.handle.render()
    }

    /// Keeps histograms small until the relay stops.
    pub fn keep_small(&self, tasks: &Tasks) {
        let (handle, stopping) = (self.handle.clone(), tasks.stopping());
        tasks.spawn("metrics", async move {
            loop {
                tokio::select! {
                    () = stopping.cancelled() => return,
                    () = tokio::time::sleep(METRICS_UPKEEP) => handle.run_upkeep(),
                }
            }
        });
    }
}

/// Counts one more of something that is, for as long as it lives.
#[must_use = "it counts until it is dropped"]
pub struct Held(::metrics::Gauge);

impl Held {
    /// One more of the gauge `name`.
    pub fn one(name: &'static str) -> Self {
        let gauge = ::metrics::gauge!(name);
        gauge.increment(1.0);
        Self(gauge)
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.0.decrement(1.0);
    }
}

/// The word of the wire for a code, as a label. Empty for what is no single word.
pub fn word(code: impl serde::Serialize) -> String {
    match serde_json::to_value(code) {
        Ok(serde_json::Value::String(word)) => word,
        _ => String::new(),
    }
}

/// A recorder with the buckets of each histogram.
pub(super) fn recorder() -> PrometheusRecorder {
    let with_buckets = |builder: PrometheusBuilder, metric: &Metric| match metric.kind {
        Kind::Histogram(buckets) => {
            builder.set_buckets_for_metric(Matcher::Full(metric.name.to_owned()), buckets)
        }
        Kind::Counter | Kind::Gauge => Ok(builder),
    };
    // Fails for an empty list of buckets only, and a test renders every histogram.
    ALL.iter().try_fold(PrometheusBuilder::new(), with_buckets).unwrap_or_default().build_recorder()
}

/// Tells the recorder what each name means.
fn describe() {
    for metric in ALL {
        match metric.kind {
            Kind::Counter => ::metrics::describe_counter!(metric.name, metric.about),
            Kind::Gauge => ::metrics::describe_gauge!(metric.name, metric.about),
            Kind::Histogram(_) => ::metrics::describe_histogram!(metric.name, metric.about),
        }
    }
}
