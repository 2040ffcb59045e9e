//! Scripts over more rows than memory.
