//! Tries a dump: restored into an empty database, compared with its manifest, taken away again.

use std::{fs::File, io::BufReader, path::Path};

use sqlx::{ConnectOptions, PgConnection};

use super::{
    Comparison, DIRECTUS, Inventory, SCHEMAS, Scope, TransferError, compare, manifest_path,
    read_inventory, restore, store,
};
use crate::config::DatabaseAddress;

/// Restores `dump` into the empty database at `address`, compares all of it with the manifest of
/// the dump, and leaves the database empty again.
///
/// # Errors
/// [`TransferError`]; what differs is no error but in what is returned.
pub async fn rehearse(
    dump: &Path,
    address: &DatabaseAddress,
) -> Result<(Inventory, Comparison), TransferError> {
    let manifest = read_manifest(&manifest_path(dump))?;
    let restored = restore(dump, address).await;
    // Nothing was restored then, and what is there is somebody's.
    if let Err(error) = restored
        && !matches!(error, TransferError::Migrations(_))
    {
        return Err(error);
    }
    let failed = || TransferError::of(address);
    let mut conn = address.options.connect().await.map_err(failed())?;
    let found = read(&mut conn, &manifest).await.map_err(failed());
    store::drop_restored(&mut conn).await.map_err(failed())?;
    let found = found?;
    let comparison = compare(&manifest, &found, Scope::All);
    Ok((found, comparison))
}

/// Reads the manifest of a dump.
///
/// # Errors
/// When there is none, or the file is something else.
pub fn read_manifest(path: &Path) -> Result<Inventory, TransferError> {
    let file = File::open(path).map_err(TransferError::at(path))?;
    serde_json::from_reader(BufReader::new(file)).map_err(|source| TransferError::Manifest {
        path: path.to_owned(),
        source,
    })
}

/// What the same schemas hold in this database.
async fn read(conn: &mut PgConnection, like: &Inventory) -> sqlx::Result<Inventory> {
    let directus = like.holds(DIRECTUS).then_some(DIRECTUS);
    let schemas: Vec<_> = SCHEMAS.into_iter().chain(directus).collect();
    read_inventory(conn, &schemas).await
}
