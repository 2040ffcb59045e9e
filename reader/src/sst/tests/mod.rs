pub(crate) mod build;
mod manifest;
mod parts;
