//! `inventory.toml` names every table and column with its purpose and class; the schema is held
//! against it both ways (A-C2a): a column that nobody has thought about fails the test.

use std::collections::BTreeSet;

use super::*;
use crate::domain::inventory::Inventory;

fn inventory() -> Inventory {
    Inventory::embedded().unwrap()
}

/// All columns of the inventory: table and name.
pub(super) fn columns() -> BTreeSet<(String, String)> {
    inventory()
        .table
        .into_iter()
        .flat_map(|(table, entry)| {
            entry.columns.into_keys().map(move |column| (table.clone(), column))
        })
        .collect()
}

#[tokio::test]
async fn the_schema_and_the_inventory_name_the_same_columns() {
    let stage = Stage::new().await;
    let sql = "SELECT t.name, c.name FROM sqlite_schema t JOIN pragma_table_info(t.name) c
             WHERE t.type = 'table' AND t.name NOT LIKE 'sqlite_%'";
    let found = stage.store.inner.writer.write(move |conn| {
        Box::pin(async move {
            let (data, keys) = (conn.all(sql, args![]).await?, conn.keys.all(sql, args![]).await?);
            Ok::<[Vec<(String, String)>; 2], StoreError>([data, keys])
        })
    });
    let schema: BTreeSet<_> = found.await.unwrap().into_iter().flatten().collect();
    let known = columns();
    let unknown: Vec<_> = schema.difference(&known).collect();
    let gone: Vec<_> = known.difference(&schema).collect();
    assert!(unknown.is_empty(), "not in inventory.toml: {unknown:?}");
    assert!(gone.is_empty(), "only in inventory.toml: {gone:?}");
}

#[test]
fn every_entry_has_a_purpose_and_a_known_class() {
    let Inventory { class: known, table, .. } = inventory();
    for (table, entry) in table {
        assert!(10 < entry.purpose.len() && 10 < entry.retention.len(), "{table}");
        for (name, column) in entry.columns {
            assert!(known.contains_key(&column.class), "{table}.{name}: {}", column.class);
            assert!(5 < column.purpose.len(), "{table}.{name}");
        }
    }
}

#[test]
fn what_is_sealed_is_what_crypt_seals() {
    use crate::crypt::Column as Door;

    let sealed: BTreeSet<_> = inventory()
        .table
        .into_iter()
        .flat_map(|(table, entry)| {
            let sealed = entry.columns.into_iter().filter(|(_, column)| column.sealed);
            sealed.map(move |(name, _)| (table.clone(), name)).collect::<Vec<_>>()
        })
        .collect();
    let doors = [Door::MessageBody, Door::ReplySnapshot, Door::LeadFields];
    let doors: BTreeSet<_> =
        doors.map(|door| (door.table().to_owned(), door.name().to_owned())).into_iter().collect();
    assert_eq!(sealed, doors);
}
