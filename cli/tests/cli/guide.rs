//! The recipes of `docs/guide`, run.
//!
//! The commands of a ```` ```console ```` block run in a directory that the recipe has for itself, with `testdata` in it;
//! what they print to stdout and stderr is what stands there. A ```` ```sql ```` block is saved under the name that stands
//! before it. With `UPDATE_TRANSCRIPTS=1` the documents are written instead of compared.

use std::fs;
use std::path::Path;
use std::str::Lines;

use super::transcript;

const GUIDE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/guide");
const TESTDATA: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../testdata");

fn check(recipe: &str) {
    let file = Path::new(GUIDE).join(recipe).with_extension("md");
    let expected = fs::read_to_string(&file).unwrap();
    let directory = tempfile::tempdir().unwrap();
    std::os::unix::fs::symlink(TESTDATA, directory.path().join("testdata")).unwrap();
    let (mut actual, mut commands, mut saved) = (Vec::new(), 0, None);
    let mut lines = expected.lines();
    while let Some(line) = lines.next() {
        actual.push(line.to_owned());
        if let Some((_, name)) = line.split_once("Save this as `") {
            saved = name.split('`').next();
        }
        match line {
            "```console" => {
                for command in block(&mut lines).iter().filter_map(|line| line.strip_prefix("$ ")) {
                    actual.push(format!("$ {command}"));
                    actual.extend(transcript::printed(command, directory.path()).lines().map(str::to_owned));
                    commands += 1;
                }
                actual.push("```".to_owned());
            }
            "```sql" => {
                let sql = block(&mut lines);
                fs::write(directory.path().join(saved.take().unwrap()), sql.join("\n")).unwrap();
                actual.extend(sql);
                actual.push("```".to_owned());
            }
            _ => {}
        }
    }
    assert!(commands > 0, "{recipe} has no commands");
    transcript::compare(&file, &expected, &(actual.join("\n") + "\n"));
}

/// The lines up to the end of a block.
fn block(lines: &mut Lines<'_>) -> Vec<String> {
    lines.by_ref().take_while(|line| *line != "```").map(str::to_owned).collect()
}

macro_rules! recipes {
    ($($name:ident = $file:literal),* $(,)?) => {
        $(#[test]
        fn $name() {
            check($file);
        })*

        #[test]
        fn every_recipe_runs() {
            let mut files: Vec<_> = fs::read_dir(GUIDE).unwrap().map(|file| file.unwrap().file_name()).collect();
            files.sort();
            assert_eq!(files, ["README.md", $(concat!($file, ".md")),*]);
        }
    };
}

recipes!(
    bootstrap_from_parquet = "bootstrap-from-parquet",
    change_max_parallelism = "change-max-parallelism",
    fix_a_value = "fix-a-value",
    migrate_a_pojo = "migrate-a-pojo",
);
