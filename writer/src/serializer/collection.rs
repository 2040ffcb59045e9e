//! Lists, sets and maps.

use flink_state_reader::types::{Basic, ListKind, MapKind, Type};
use flink_state_reader::{Error, Result};

use super::{FIRST_OF_2, FlinkVersion, SnapshotWriter, refused};

impl SnapshotWriter<'_> {
    /// A list; that of UTF strings is the context of `FlinkKafkaProducer`.
    pub(super) fn list(&mut self, kind: &ListKind, element: &Type) -> Result<()> {
        if let (ListKind::List, Type::Basic(Basic::Utf)) = (kind, element) {
            return self.kafka("ContextState");
        }
        match kind {
            ListKind::List => {
                self.composite("org.apache.flink.api.common.typeutils.base.ListSerializerSnapshot", 1)?;
            }
            ListKind::ArrayList => {
                self.composite("org.apache.flink.runtime.state.ArrayListSerializerSnapshot", 1)?;
            }
            ListKind::Set => {
                self.since(FIRST_OF_2, "SET")?;
                self.composite("org.apache.flink.api.common.typeutils.base.SetSerializerSnapshot", 1)?;
            }
            ListKind::LinkedList { null_mask } => self.linked_list(*null_mask)?,
            ListKind::Traversable { code } => {
                self.composite(&self.scala("TraversableSerializerSnapshot"), 2)?;
                self.out.utf(code)?;
            }
            _ => return Err(refused("a list", "its serializer is not known")),
        }
        self.nested(&[element])
    }

    /// The mask came with outer version 2 in the middle of Flink 1.13, its flag with 3 in 1.15.
    fn linked_list(&mut self, null_mask: bool) -> Result<()> {
        let class = "org.apache.flink.table.runtime.typeutils.LinkedListSerializer$LinkedListSerializerSnapshot";
        if self.release >= FlinkVersion::new(1, 15) {
            self.composite(class, 3)?;
            self.out.bool(null_mask);
            return Ok(());
        }
        if null_mask {
            self.since(FlinkVersion::new(1, 14), "LINKED_LIST")?;
        }
        self.composite(class, if null_mask { 2 } else { 1 })
    }

    pub(super) fn map(&mut self, kind: MapKind, key: &Type, value: &Type) -> Result<()> {
        let class = match kind {
            MapKind::Map => "org.apache.flink.api.common.typeutils.base.MapSerializerSnapshot",
            MapKind::NullAware => "org.apache.flink.table.dataview.NullAwareMapSerializerSnapshot",
            MapKind::SortedMap => return Err(sorted_map()),
            _ => return Err(refused("a map", "its serializer is not known")),
        };
        self.composite_of(class, 1, &[key, value])
    }
}

fn sorted_map() -> Error {
    refused("SORTED_MAP", "it holds the map's comparator as a Java object, which no type says")
}
