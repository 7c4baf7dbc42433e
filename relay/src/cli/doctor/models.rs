//! Whether a provider has the model that is named, by its list of models.

use reqwest::Response;
use serde_json::Value;

use super::{Finding, provider::CHECK};
use crate::{domain::file::nearest, limits::MODELS_BYTES};

/// The ids in a list of models, with their aliases; none where the list can't be read or goes on.
pub(super) async fn read(mut response: Response) -> Option<Vec<String>> {
    let mut bytes = Vec::new();
    while let Some(chunk) = response.chunk().await.ok()? {
        bytes.extend_from_slice(&chunk);
        if MODELS_BYTES < bytes.len() {
            return None;
        }
    }
    let body: Value = serde_json::from_slice(&bytes).ok()?;
    let is_whole = body.get("has_more").and_then(Value::as_bool) != Some(true);
    let mut ids = Vec::new();
    for model in body.get("data")?.as_array()?.iter().filter(|_| is_whole) {
        let aliases = model.get("aliases").and_then(Value::as_array).into_iter().flatten();
        let names = model.get("id").into_iter().chain(aliases);
        ids.extend(names.filter_map(Value::as_str).map(ToOwned::to_owned));
    }
    (!ids.is_empty()).then_some(ids)
}

/// Whether the model is in the list; Ollama lists `llama3.2` as `llama3.2:latest`.
pub(super) fn judge(message: String, model: &str, models: Option<&[String]>) -> Finding {
    let Some(models) = models else { return Finding::ok(CHECK, message) };
    let latest = format!("{model}:latest");
    if models.iter().any(|known| known == model || *known == latest) {
        return Finding::ok(CHECK, format!("{message}, it has {model}"));
    }
    let stem = model.split(['-', ':', '.']).next().unwrap_or(model);
    let mut near: Vec<&str> =
        nearest(model, models.iter().map(String::as_str)).into_iter().collect();
    near.extend(models.iter().map(String::as_str).filter(|known| known.starts_with(stem)));
    near.dedup();
    near.truncate(3);
    let remedy = match near.as_slice() {
        [] => format!("Name one that it has: it lists {} of them", models.len()),
        near => format!("Did you mean {}?", near.join(" or ")),
    };
    Finding::warn(CHECK, format!("{message}, but it lists no model \"{model}\""), remedy)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::doctor::Level;

    #[test]
    fn a_model_that_the_provider_does_not_list_is_told_with_the_nearest() {
        let models = ["gpt-4.1-mini", "gpt-4.1", "llama3.2:latest"].map(ToOwned::to_owned);
        let look = |model: &str| judge("GET".to_owned(), model, Some(&models));
        assert_eq!(look("gpt-4.1").level, Level::Ok);
        assert_eq!(look("llama3.2").level, Level::Ok);
        let wrong = look("gpt-4.1-mni");
        assert_eq!(wrong.level, Level::Warn);
        assert!(wrong.remedy.starts_with("Did you mean gpt-4.1-mini or"), "{}", wrong.remedy);
        assert!(look("mistral").remedy.contains("lists 3"), "{}", look("mistral").remedy);
        assert_eq!(judge("GET".to_owned(), "m", None).level, Level::Ok);
    }
}
