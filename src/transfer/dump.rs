//! Writes a dump, and beside it the manifest of what it holds.

use std::{
    ffi::OsString,
    fs,
    io::Write,
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
    process::Stdio,
};

use sqlx::{ConnectOptions, Connection, PgConnection};

use super::{DIRECTUS, Inventory, SCHEMAS, TransferError, programs::Program, store};
use crate::config::DatabaseAddress;

/// What was written.
#[derive(Clone, Debug)]
pub struct Dumped {
    /// Size of the dump.
    pub size_bytes: u64,
    /// What it holds, as the manifest says.
    pub inventory: Inventory,
}

/// Dumps a database to `output`, in PostgreSQL's custom format, without owners and privileges, and
/// writes its manifest beside it; both are readable by this account only.
///
/// Dump and manifest show the same moment, whatever is written meanwhile.
///
/// # Errors
/// [`TransferError`]; then there is no file that was not there before.
pub async fn dump(
    address: &DatabaseAddress,
    output: &Path,
    with_directus: bool,
) -> Result<Dumped, TransferError> {
    let failed = || TransferError::of(address);
    let mut conn = address.options.connect().await.map_err(failed())?;
    let server = store::find_server(&mut conn).await.map_err(failed())?;
    let program = Program::for_dump(Program::list("pg_dump"), server.major)?;
    let part = beside(output, ".part");
    let mut schemas = SCHEMAS.to_vec();
    if with_directus {
        schemas.push(DIRECTUS);
    }
    let written = write(&mut conn, address, &program, &part, &schemas).await;
    if written.is_err() {
        drop(fs::remove_file(&part));
    }
    let inventory = written?;
    let size_bytes = fs::metadata(&part).map_err(TransferError::at(&part))?.len();
    let text = serde_json::to_vec_pretty(&inventory).map_err(|source| TransferError::Manifest {
        path: output.to_owned(),
        source,
    })?;
    let manifest = manifest_path(output);
    let written = create(&manifest)?.write_all(&text);
    written.map_err(TransferError::at(&manifest))?;
    fs::rename(&part, output).map_err(TransferError::at(output))?;
    Ok(Dumped {
        size_bytes,
        inventory,
    })
}

/// Where the manifest of a dump stands: `move.dump` → `move.dump.json`.
pub fn manifest_path(dump: &Path) -> PathBuf {
    beside(dump, ".json")
}

/// One snapshot for the program and for the inventory, which are at work together.
async fn write(
    conn: &mut PgConnection,
    address: &DatabaseAddress,
    program: &Program,
    part: &Path,
    schemas: &[&str],
) -> Result<Inventory, TransferError> {
    let failed = || TransferError::of(address);
    let mut transaction = conn.begin().await.map_err(failed())?;
    let snapshot = store::begin_snapshot(&mut transaction)
        .await
        .map_err(failed())?;
    let sequences = store::list_sequences(&mut transaction, schemas)
        .await
        .map_err(failed())?;
    drop(create(part)?);
    let mut command = program.command(address);
    command
        .args([
            "--format=custom",
            "--compress=1",
            "--no-owner",
            "--no-privileges",
        ])
        .arg(format!("--snapshot={snapshot}"))
        .args(schemas.iter().map(|schema| format!("--schema={schema}")))
        .arg("--file")
        .arg(part)
        .stdout(Stdio::null())
        .stderr(Stdio::piped());
    let child = command.spawn().map_err(TransferError::at(program.name))?;
    let inventory = Inventory::read(&mut transaction, schemas, sequences).await;
    let output = child
        .wait_with_output()
        .map_err(TransferError::at(program.name))?;
    program.outcome(&output)?;
    inventory.map_err(failed())
}

/// A new file, or an old one made empty, that only this account reads.
fn create(path: &Path) -> Result<fs::File, TransferError> {
    let mut options = fs::OpenOptions::new();
    options.write(true).create(true).truncate(true).mode(0o600);
    options.open(path).map_err(TransferError::at(path))
}

fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name: OsString = path.as_os_str().to_owned();
    name.push(ending);
    name.into()
}
