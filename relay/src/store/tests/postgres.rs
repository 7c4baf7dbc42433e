//! Every text of SQL is valid on PostgreSQL too, and its tables are the same (D10). Runs where
//! PostgreSQL's programs are found, as a server of its own in a temporary directory, on a Unix
//! socket; says so where they are not.

#![cfg(unix)]

use std::{
    collections::BTreeSet,
    os::unix::fs::{MetadataExt, chown},
    path::{Path, PathBuf},
    process::{Command, Output},
};

use sqlx::{
    AssertSqlSafe, ConnectOptions, Executor, PgConnection, SqlSafeStr, postgres::PgConnectOptions,
};

use super::{inventory, prepared, *};

/// A server that lives as long as this.
struct Server {
    bin: PathBuf,
    dir: TempDir,
}

/// Where `initdb` is, if anywhere.
fn programs() -> Option<PathBuf> {
    let mut places: Vec<PathBuf> = vec!["/usr/local/bin".into(), "/usr/bin".into()];
    places.extend(std::env::var_os("PATH").iter().flat_map(std::env::split_paths));
    if let Ok(versions) = std::fs::read_dir("/usr/lib/postgresql") {
        places.extend(versions.flatten().map(|version| version.path().join("bin")));
    }
    places.into_iter().find(|bin| bin.join("initdb").exists() && bin.join("pg_ctl").exists())
}

/// The user and group that runs the server: PostgreSQL refuses root.
fn unprivileged() -> Option<(u32, u32)> {
    let users = std::fs::read_to_string("/etc/passwd").ok()?;
    let line = users.lines().find(|line| line.starts_with("postgres:"))?;
    let mut parts = line.split(':').skip(2).map(str::parse);
    Some((parts.next()?.ok()?, parts.next()?.ok()?))
}

impl Server {
    fn start(bin: PathBuf) -> Result<Self, String> {
        let dir = tempfile::tempdir().map_err(|error| error.to_string())?;
        if is_root(dir.path()) {
            let (user, group) =
                unprivileged().ok_or("root may not run it, and there is no user postgres")?;
            chown(dir.path(), Some(user), Some(group)).map_err(|error| error.to_string())?;
        }
        let server = Self { bin, dir };
        let data = server.path("data");
        server.run(
            "initdb",
            &["-D", &data, "-U", "relay", "-A", "trust", "-E", "UTF8", "--no-sync"],
        )?;
        let socket = server.dir.path().display();
        let options = format!("-k {socket} -c listen_addresses= -c fsync=off -c max_connections=5");
        let log = server.path("log");
        server.run("pg_ctl", &["-D", &data, "-w", "-l", &log, "-o", &options, "start"])?;
        Ok(server)
    }

    fn path(&self, name: &str) -> String {
        self.dir.path().join(name).display().to_string()
    }

    fn run(&self, program: &str, args: &[&str]) -> Result<Output, String> {
        let program = self.bin.join(program);
        let mut command = if is_root_process() {
            let mut command = Command::new("setpriv");
            command.args(["--reuid=postgres", "--regid=postgres", "--clear-groups"]).arg(&program);
            command
        } else {
            Command::new(&program)
        };
        let output = command
            .args(args)
            .current_dir(self.dir.path())
            .stdout(std::process::Stdio::null())
            .output();
        let output = output.map_err(|error| format!("{}: {error}", program.display()))?;
        if output.status.success() {
            return Ok(output);
        }
        Err(format!("{}: {}", program.display(), String::from_utf8_lossy(&output.stderr)))
    }

    async fn connect(&self) -> PgConnection {
        let options =
            PgConnectOptions::new().socket(self.dir.path()).username("relay").database("postgres");
        options.connect().await.unwrap()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let data = self.path("data");
        let _ = self.run("pg_ctl", &["-D", &data, "-m", "immediate", "stop"]);
    }
}

fn is_root(made_by_us: &Path) -> bool {
    std::fs::metadata(made_by_us).is_ok_and(|meta| meta.uid() == 0)
}

fn is_root_process() -> bool {
    std::fs::metadata("/proc/self").is_ok_and(|meta| meta.uid() == 0)
}

#[tokio::test]
async fn every_query_is_valid_on_postgresql_where_it_is_found() {
    let Some(bin) = programs() else {
        println!("SKIPPED every_query_is_valid_on_postgresql: no initdb was found");
        return;
    };
    let server = Server::start(bin).unwrap();
    let mut conn = server.connect().await;
    let (data, keys) =
        (sqlx::migrate!("migrations/postgres"), sqlx::migrate!("migrations/keys/postgres"));
    data.run(&mut conn).await.unwrap();
    for step in keys.iter() {
        (&mut conn).execute(step.sql.clone()).await.unwrap();
    }
    let whole = sql::all_batches().map(|(name, batch)| (name, batch.postgres));
    let mut checked = 0;
    for (name, text) in sql::all_queries().chain(whole) {
        let prepared = (&mut conn).prepare(AssertSqlSafe(text).into_sql_str()).await;
        assert!(prepared.is_ok(), "{name}: {:?}", prepared.err());
        checked += 1;
    }
    assert!(0 < checked && checked <= prepared::statements().len());
    let columns: Vec<(String, String)> = sqlx::query_as(
        "SELECT table_name::text, column_name::text FROM information_schema.columns WHERE table_schema = 'public'",
    )
    .fetch_all(&mut conn)
    .await
    .unwrap();
    let columns: BTreeSet<_> = columns.into_iter().collect();
    assert_eq!(columns, inventory::columns(), "the tables of PostgreSQL against inventory.toml");
}
