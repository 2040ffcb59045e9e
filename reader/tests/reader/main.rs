//! Integration tests of the reader, in one binary.

mod avro;
mod decode;
mod kryo;
mod table;
mod vectors;
