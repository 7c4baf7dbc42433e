//! T01: an idle fleet. What each open chat costs whose visitor says nothing, in memory and in the
//! processor's time, and that it costs no more after a while. The control reads with the buffers
//! that axum has by default.

use std::time::Duration;

use super::{
    Findings, Tier,
    stage::{Stage, silent},
};
use crate::measure::{Stopwatch, count, cpu, resident_bytes, rounded};

/// What a socket may cost above the empty process, in kB.
const KB_PER_SOCKET: f64 = 12.0;

/// What it may cost of the processor, in µs each second: with 10,000, a twentieth of a core.
const CPU_US_PER_S: f64 = 5.0;

/// How fast the memory of all together may grow, in MB a minute.
const SLOPE_MB_PER_MIN: f64 = 1.0;

/// How many sockets the control has: its excess is tenfold.
const CONTROL_SOCKETS: u32 = 200;

/// How long all may take to come.
const ARRIVAL: Duration = Duration::from_mins(5);

/// Runs the test and its control.
pub async fn run(tier: Tier, findings: &mut Findings) -> anyhow::Result<()> {
    let sockets = tier.pick(300, 10_000, 10_000);
    let seconds = tier.pick(4, 900, 900);
    findings.note("sockets", sockets);
    findings.note("seconds", seconds);
    let fleet = fleet("FORECOURT_BIN", None, sockets, seconds).await?;
    findings.exactly("open_at_the_end", fleet.open, sockets.into());
    findings.fast("kb_per_socket", fleet.kb, KB_PER_SOCKET);
    findings.fast("cpu_us_per_s_and_socket", fleet.cpu_us, CPU_US_PER_S);
    findings.fast("memory_mb_per_min", fleet.slope, SLOPE_MB_PER_MIN);

    let planted = Some("default-buffers");
    let control = self::fleet("FORECOURT_PLANTED_BIN", planted, CONTROL_SOCKETS, 1).await?;
    findings.note("control_kb_per_socket", rounded(control.kb));
    // The same excess on a debug build, whose sockets are heavier.
    let bound = KB_PER_SOCKET.max(3.0 * fleet.kb);
    findings.control("reads with axum's default buffers", bound < control.kb);
    Ok(())
}

/// What a fleet cost.
struct Fleet {
    open: u64,
    kb: f64,
    cpu_us: f64,
    slope: f64,
}

async fn fleet(
    binary: &str,
    planted: Option<&str>,
    sockets: u32,
    seconds: u32,
) -> anyhow::Result<Fleet> {
    let mut stage = Stage::new(binary, None).await?;
    if let Some(planted) = planted {
        stage = stage.set("FORECOURT_PLANTED", planted);
    }
    let stage = stage.start().await?;
    let pid = stage.pid()?;
    let empty = resident_bytes(pid)?;
    let groups = vec![silent(usize::try_from(sockets)?, 0)?];
    // At most 1,000 a second: it is not the coming that is measured here.
    let arrive = Duration::from_millis(sockets.into());
    let mut crowd = stage.crowd("fleet", groups, arrive).await?;
    crowd.until("all are here", ARRIVAL, |report| report.here == u64::from(sockets)).await?;
    let (watch, cpu_before) = (Stopwatch::start(), cpu(pid)?);
    let mut samples = Vec::new();
    for second in 0..seconds {
        tokio::time::sleep(Duration::from_secs(1)).await;
        // The first third belongs to the coming.
        if seconds / 3 <= second {
            samples.push((watch.elapsed().as_secs_f64(), count(resident_bytes(pid)?)));
        }
    }
    let used = cpu(pid)?.saturating_sub(cpu_before).as_secs_f64();
    let elapsed = watch.elapsed().as_secs_f64();
    let full = resident_bytes(pid)?;
    let open = crowd.report().await?.here;
    crowd.finish().await?;
    Ok(Fleet {
        open,
        kb: count(full.saturating_sub(empty)) / f64::from(sockets) / 1_000.0,
        cpu_us: used / elapsed / f64::from(sockets) * 1e6,
        slope: slope(&samples) * 60.0 / 1e6,
    })
}

/// How fast a line through the points rises (least squares).
fn slope(points: &[(f64, f64)]) -> f64 {
    let n = count(points.len() as u64);
    let (x_sum, y_sum) = points.iter().fold((0.0, 0.0), |sum, (x, y)| (sum.0 + x, sum.1 + y));
    let (x_mean, y_mean) = (x_sum / n, y_sum / n);
    let mut rise = (0.0, 0.0);
    for (x, y) in points {
        rise.0 += (x - x_mean) * (y - y_mean);
        rise.1 += (x - x_mean).powi(2);
    }
    if rise.1 == 0.0 { 0.0 } else { rise.0 / rise.1 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_through_points_rises_as_they_do() {
        assert!((slope(&[(0.0, 5.0), (1.0, 7.0), (2.0, 9.0)]) - 2.0).abs() < 1e-9);
        assert!(slope(&[(0.0, 5.0), (1.0, 5.0)]).abs() < 1e-9);
        assert!(slope(&[(3.0, 5.0)]).abs() < 1e-9);
    }
}
