//! Types that Kryo writes: the declared class and what was registered.

use flink_state_reader::types::{Kryo, KryoDefault, KryoSerializer, KryoVersion};
use flink_state_reader::{Error, Result};

use super::java::{ARRAY_LIST, Class, ObjectWriter, SERIALIZABLE};
use super::{FIRST_OF_2, SnapshotWriter, refused};

const AVRO_ARRAY: &str = "org.apache.avro.generic.GenericData$Array";

/// What Flink registers in place of `GenericData$Array` when flink-avro is not there.
const DUMMY_CLASS: &str = "org.apache.flink.api.java.typeutils.runtime.kryo.Serializers$DummyAvroRegisteredClass";
const DUMMY_SERIALIZER: &str =
    "org.apache.flink.api.java.typeutils.runtime.kryo.Serializers$DummyAvroKryoSerializerClass";

const KIND_KRYO: i32 = 0;
const KIND_CLASS: i32 = 1;
const KIND_INSTANCE: i32 = 2;

static SERIALIZABLE_SERIALIZER: Class = serializable_serializer("org.apache.flink.api.common.SerializableSerializer");
static SERIALIZABLE_SERIALIZER_OF_1: Class =
    serializable_serializer("org.apache.flink.api.common.ExecutionConfig$SerializableSerializer");
static AVRO_ARRAY_SERIALIZER: Class = Class {
    name: "org.apache.flink.formats.avro.utils.AvroKryoSerializerUtils$AvroGenericDataArraySerializer",
    uid: 1,
    flags: SERIALIZABLE,
    fields: &[],
    parent: None,
};
static ARRAY_LIST_SERIALIZER: Class = Class {
    name: concat!(
        "org.apache.flink.api.java.typeutils.runtime.kryo.Serializers",
        "$SpecificInstanceCollectionSerializerForArrayList"
    ),
    uid: 1,
    flags: SERIALIZABLE,
    fields: &[],
    parent: Some(&COLLECTION_SERIALIZER),
};
static COLLECTION_SERIALIZER: Class = Class {
    name: "org.apache.flink.api.java.typeutils.runtime.kryo.Serializers$SpecificInstanceCollectionSerializer",
    uid: 1,
    flags: SERIALIZABLE,
    fields: &[("type", "Ljava/lang/Class;")],
    parent: None,
};

const fn serializable_serializer(name: &'static str) -> Class {
    let fields = &[("serializer", "Lcom/esotericsoftware/kryo/Serializer;")];
    Class { name, uid: 4_687_893_502_781_067_189, flags: SERIALIZABLE, fields, parent: None }
}

impl SnapshotWriter<'_> {
    /// `utf` class, then optional maps of registrations, default serializer objects and default serializer classes.
    pub(super) fn kryo(&mut self, kryo: &Kryo) -> Result<()> {
        let (release, name) = if self.release < FIRST_OF_2 { (KryoVersion::V2, "2") } else { (KryoVersion::V5, "5") };
        if kryo.version != release {
            return Err(Error::unsupported(format!(
                "Flink {} reads values of {} with Kryo {name}, they are of another Kryo",
                self.release, kryo.class
            )));
        }
        self.plain("org.apache.flink.api.java.typeutils.runtime.kryo.KryoSerializerSnapshot", 2)?;
        self.out.utf(&kryo.class)?;
        self.optional_map(kryo.registrations.len())?;
        for registration in &kryo.registrations {
            let class = &registration.class;
            let key = |key: &mut SnapshotWriter<'_>| key.out.utf(class);
            match &registration.serializer {
                KryoSerializer::Kryo => self.entry(class, key, |value| {
                    value.out.utf(class)?;
                    value.out.i32(KIND_KRYO);
                    Ok(())
                })?,
                KryoSerializer::Class(serializer) => self.entry(class, key, |value| {
                    value.out.utf(if serializer == DUMMY_SERIALIZER { DUMMY_CLASS } else { class })?;
                    value.out.i32(KIND_CLASS);
                    value.out.utf(serializer)
                })?,
                KryoSerializer::Instance if class == AVRO_ARRAY => self.entry(class, key, |value| {
                    value.out.utf(class)?;
                    value.out.i32(KIND_INSTANCE);
                    value.avro_array_serializer()
                })?,
                KryoSerializer::Instance => return Err(instance(class)),
            }
        }
        self.optional_map(0)?;
        self.default_serializers(&kryo.default_serializers)
    }

    /// What flink-avro registers.
    fn avro_array_serializer(&mut self) -> Result<()> {
        let mut stream = ObjectWriter::new(self.out);
        if self.release >= FIRST_OF_2 {
            stream.object(&SERIALIZABLE_SERIALIZER)?;
            stream.object(&AVRO_ARRAY_SERIALIZER)?;
            return Ok(());
        }
        stream.object(&SERIALIZABLE_SERIALIZER_OF_1)?;
        stream.object(&ARRAY_LIST_SERIALIZER)?;
        stream.class_object(&ARRAY_LIST)
    }

    fn default_serializers(&mut self, defaults: &[KryoDefault]) -> Result<()> {
        self.optional_map(defaults.len())?;
        for KryoDefault { class, serializer } in defaults {
            let KryoSerializer::Class(serializer) = serializer else {
                return Err(instance(class));
            };
            self.entry(class, |key| key.out.utf(class), |value| value.out.utf(serializer))?;
        }
        Ok(())
    }
}

fn instance(class: &str) -> Error {
    refused(format!("a Kryo type with class {class} registered"), "its serializer is a Java object, which no type says")
}
