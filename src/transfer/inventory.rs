//! What a database holds, so that two can be compared.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use sqlx::{Connection as _, PgConnection};

use super::store;

/// What a database holds at one moment. It tells nothing of a person.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
pub struct Inventory {
    /// Rows of each table, such as `public.users`.
    pub tables: BTreeMap<String, TableFacts>,
    /// The last value of each sequence; 0 when it gave none yet.
    pub sequences: BTreeMap<String, i64>,
    /// Columns, constraints, indexes, triggers and functions, each with its definition.
    pub structure: BTreeMap<String, String>,
}

/// The rows of a table, as two numbers.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct TableFacts {
    /// How many there are.
    pub rows: i64,
    /// The sum of a hash of each row, whatever their order; 64 bits of each are in it.
    pub checksum: String,
}

/// Reads what these schemas of a database hold, all of it at one moment.
///
/// # Errors
/// Those of the database.
pub async fn read_inventory(conn: &mut PgConnection, schemas: &[&str]) -> sqlx::Result<Inventory> {
    let mut transaction = conn.begin().await?;
    store::begin_snapshot(&mut transaction).await?;
    let sequences = store::list_sequences(&mut transaction, schemas).await?;
    Inventory::read(&mut transaction, schemas, sequences).await
}

impl Inventory {
    /// Reads what these schemas hold, in a transaction that sees one moment; the sequences, which
    /// know no transaction, were read before.
    ///
    /// # Errors
    /// Those of the database.
    pub(super) async fn read(
        conn: &mut PgConnection,
        schemas: &[&str],
        sequences: BTreeMap<String, i64>,
    ) -> sqlx::Result<Self> {
        let mut tables = BTreeMap::new();
        for table in store::list_tables(conn, schemas).await? {
            let facts = store::find_table_facts(conn, &table).await?;
            tables.insert(table.name, facts);
        }
        Ok(Self {
            tables,
            sequences,
            structure: store::list_structure(conn, schemas).await?,
        })
    }

    /// Whether it shows tables of this schema.
    pub fn holds(&self, schema: &str) -> bool {
        let mut names = self.tables.keys();
        names.any(|name| name.split('.').next() == Some(schema))
    }

    /// Rows in all.
    pub fn rows(&self) -> i64 {
        self.tables.values().map(|table| table.rows).sum()
    }
}
