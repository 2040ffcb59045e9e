//! Flink's path strings.

use std::fmt;
use std::str::FromStr;

use crate::error::{Error, Result};

/// A path as Flink writes it: an unescaped URI, `scheme://authority/path`, `scheme:/path` or `/path`.
///
/// Source: `org.apache.flink.core.fs.Path`.
///
/// ```
/// use flink_state_reader::metadata::FlinkPath;
///
/// let directory: FlinkPath = "s3://bucket/a b//savepoint-1/".parse()?;
/// assert_eq!(directory.scheme.as_deref(), Some("s3"));
/// assert_eq!(directory.authority.as_deref(), Some("bucket"));
/// assert_eq!(directory.path, "/a b/savepoint-1");
/// assert_eq!(directory.join("f-1")?.to_string(), "s3://bucket/a b/savepoint-1/f-1");
/// assert!(directory.join("../f-1").is_err());
/// # Ok::<(), flink_state_reader::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct FlinkPath {
    /// Which file system: `file`, `s3`, `hdfs`, …
    pub scheme: Option<String>,
    /// A host, bucket or container.
    pub authority: Option<String>,
    /// The path, not percent-encoded, without double or trailing slashes.
    pub path: String,
}

impl FlinkPath {
    /// The file at a relative path below this directory.
    ///
    /// # Errors
    /// A path that Flink never writes and that could lead elsewhere: an empty or absolute one, or one with a scheme, a
    /// backslash or a `..` segment.
    pub fn join(&self, relative: &str) -> Result<Self> {
        let reason = if relative.is_empty() {
            "is empty"
        } else if relative.starts_with('/') {
            "is absolute"
        } else if relative.contains('\\') {
            "has a backslash"
        } else if relative.split('/').any(|segment| segment == "..") {
            "leads out of the snapshot's directory"
        } else if relative.split('/').next().is_some_and(|first| first.contains(':')) {
            "has a scheme"
        } else {
            let path = normalize(&format!("{}/{relative}", self.path));
            return Ok(Self { path, ..self.clone() });
        };
        Err(Error::data(format!("relative path '{relative}' {reason}")))
    }

    /// The last segment of the path.
    pub fn file_name(&self) -> &str {
        self.path.rsplit('/').next().unwrap_or_default()
    }
}

impl FromStr for FlinkPath {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let text = text.trim();
        if text.is_empty() {
            return Err(Error::data("path is empty"));
        }
        let (scheme, rest) = match text.split_once(':') {
            Some((scheme, rest)) if !scheme.contains('/') => (Some(scheme), rest),
            _ => (None, text),
        };
        let (authority, path) = match rest.strip_prefix("//") {
            Some(rest) if !rest.is_empty() => {
                let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
                ((!authority.is_empty()).then_some(authority), path)
            }
            _ => (None, rest),
        };
        Ok(Self { scheme: scheme.map(str::to_owned), authority: authority.map(str::to_owned), path: normalize(path) })
    }
}

impl fmt::Display for FlinkPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(scheme) = &self.scheme {
            write!(f, "{scheme}:")?;
        }
        if let Some(authority) = &self.authority {
            write!(f, "//{authority}")?;
        }
        f.write_str(&self.path)
    }
}

/// Backslashes become slashes; double and trailing slashes go (`Path.normalizePath`).
fn normalize(path: &str) -> String {
    let absolute = path.starts_with(['/', '\\']);
    let segments: Vec<&str> = path.split(['/', '\\']).filter(|segment| !segment.is_empty()).collect();
    format!("{}{}", if absolute { "/" } else { "" }, segments.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_print_as_flink_prints_them() {
        for (text, printed) in [
            ("file:///a", "file:/a"),
            ("file:/a", "file:/a"),
            ("/a", "/a"),
            ("hdfs://nn:8020//x//y/", "hdfs://nn:8020/x/y"),
            ("s3://bucket/a b/c%20d", "s3://bucket/a b/c%20d"),
            ("s3://bucket", "s3://bucket"),
            ("/a:b", "/a:b"),
            (r"a\b", "a/b"),
            ("/", "/"),
        ] {
            assert_eq!(text.parse::<FlinkPath>().unwrap().to_string(), printed, "{text}");
        }
        assert_eq!(" ".parse::<FlinkPath>().unwrap_err().to_string(), "path is empty");
    }

    #[test]
    fn relative_paths_stay_in_the_directory() {
        let directory: FlinkPath = "file:/sp".parse().unwrap();
        assert_eq!(directory.join("3f-a.b").unwrap().to_string(), "file:/sp/3f-a.b");
        assert_eq!(directory.join("a/b").unwrap().file_name(), "b");
        for (path, reason) in [
            ("", "is empty"),
            ("/etc/passwd", "is absolute"),
            ("..", "leads out of the snapshot's directory"),
            ("a/../../b", "leads out of the snapshot's directory"),
            ("a\\..\\b", "has a backslash"),
            ("s3://bucket/x", "has a scheme"),
            ("C:x", "has a scheme"),
        ] {
            let error = directory.join(path).unwrap_err();
            assert_eq!(error.to_string(), format!("relative path '{path}' {reason}"));
        }
    }

    #[test]
    fn the_root_is_a_directory() {
        let root: FlinkPath = "/".parse().unwrap();
        assert_eq!(root.join("x").unwrap().to_string(), "/x");
    }
}
