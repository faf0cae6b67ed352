//! `models`: aliases, and the targets that they stand for.

use serde_json::Value;

use crate::error::Result;
use crate::options::read::{invalid_option, OptionNames, OptionReader};
use crate::options::{read_base_url, read_overrides};
use crate::routing::{BaseUrl, RouteOverrides};

/// One target of an alias.
#[derive(Clone, Debug, Default)]
pub struct Target {
    /// The model id, which is no other alias.
    pub model: String,
    /// Instead of the client's `region`.
    pub region: Option<String>,
    /// Instead of the client's `compartmentId`.
    pub compartment_id: Option<String>,
    /// Instead of the client's `endpoint`.
    pub base_url: Option<BaseUrl>,
    /// Instead of the client's `apiFormat` and `transport`.
    pub overrides: RouteOverrides,
}

impl Target {
    /// A target that differs from the client's options in nothing.
    pub fn new(model: impl Into<String>) -> Target {
        Target {
            model: model.into(),
            ..Target::default()
        }
    }

    fn read(path: String, value: &Value) -> Result<Target> {
        const NAMES: OptionNames = OptionNames {
            here: &[
                "model",
                "region",
                "compartmentId",
                "endpoint",
                "apiFormat",
                "transport",
            ],
            javascript: &[],
        };
        let object = match value {
            Value::String(model) => return Ok(Target::new(model)),
            Value::Object(object) => object,
            _ => {
                return Err(invalid_option(
                    &path,
                    "a model id, a target or a list of them",
                ))
            }
        };
        let target = OptionReader::new(path, object, NAMES)?;
        let model = target.string("model")?;
        Ok(Target {
            model: model.ok_or_else(|| invalid_option(&target.path_of("model"), "set"))?,
            region: target.string("region")?,
            compartment_id: target.string("compartmentId")?,
            base_url: read_base_url(&target)?,
            overrides: read_overrides(&target)?,
        })
    }
}

/// Reads `models`, in the order in which the aliases are given.
pub(super) fn read_aliases(options: &OptionReader<'_>) -> Result<Vec<(String, Vec<Target>)>> {
    let Some(models) = options.map("models")? else {
        return Ok(Vec::new());
    };
    let mut aliases = Vec::with_capacity(models.len());
    for (alias, value) in models {
        let path = options.path_of(&format!("models.{alias}"));
        let targets = match value {
            Value::Array(targets) if targets.is_empty() => {
                return Err(invalid_option(&path, "at least one target"))
            }
            Value::Array(targets) => {
                let targets = targets.iter().enumerate();
                targets
                    .map(|(index, target)| Target::read(format!("{path}[{index}]"), target))
                    .collect::<Result<_>>()?
            }
            target => vec![Target::read(path, target)?],
        };
        aliases.push((alias.clone(), targets));
    }
    Ok(aliases)
}
