//! POJOs and Java records with the subclasses that their serializer knows.

use flink_state_reader::types::{Pojo, Subclass};
use flink_state_reader::{Error, Result};

use super::{SnapshotWriter, refused};

impl SnapshotWriter<'_> {
    /// `utf` class, then optional maps of fields, registered and other subclasses.
    pub(super) fn pojo(&mut self, pojo: &Pojo) -> Result<()> {
        check_order(pojo)?;
        self.plain("org.apache.flink.api.java.typeutils.runtime.PojoSerializerSnapshot", 2)?;
        self.out.utf(&pojo.class)?;
        self.optional_map(pojo.fields.len())?;
        for field in &pojo.fields {
            let Some(declaring_class) = &field.declaring_class else {
                let reason = format!("the job that wrote it had lost its field {}", field.name);
                return Err(refused(&pojo.class, reason));
            };
            self.entry(
                &field.name,
                |key| {
                    key.out.utf(declaring_class)?;
                    key.out.utf(&field.name)
                },
                |value| value.versioned(&field.ty),
            )?;
        }
        self.subclasses(&pojo.registered)?;
        self.subclasses(&pojo.non_registered)
    }

    fn subclasses(&mut self, subclasses: &[Subclass]) -> Result<()> {
        self.optional_map(subclasses.len())?;
        for subclass in subclasses {
            self.entry(&subclass.class, |_| Ok(()), |value| value.versioned(&subclass.ty))?;
        }
        Ok(())
    }
}

/// Flink sorts the fields by their names and does not compare the order at restore: in any other order it would read
/// the fields' bytes into each other.
fn check_order(pojo: &Pojo) -> Result<()> {
    let mut sorted: Vec<&str> = pojo.fields.iter().map(|f| f.name.as_str()).collect();
    // String.compareTo compares UTF-16 units.
    sorted.sort_by(|a, b| a.encode_utf16().cmp(b.encode_utf16()));
    if pojo.fields.iter().map(|f| f.name.as_str()).eq(sorted.iter().copied()) {
        return Ok(());
    }
    Err(Error::unsupported(format!("fields of POJO {} are not in the order in which Flink encodes them", pojo.class))
        .with_hint(format!("Flink sorts them by name: {}", sorted.join(", "))))
}
