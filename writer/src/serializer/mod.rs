//! Types to serializer snapshots (`TypeSerializerSnapshot`): the counterpart of
//! [`flink_state_reader::serializer`].
