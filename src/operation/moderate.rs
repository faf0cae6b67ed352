//! Moderation: `POST /20231130/actions/applyGuardrails`, asked for and answered as OpenAI does
//! ([request](https://platform.openai.com/docs/api-reference/moderations/create)). Personal data and
//! prompt injection, which OpenAI's moderation does not look for, are under `oci`.

use serde_json::Value;

use super::answer::ObjectWriter;
use super::input::{Input, InputFormat};
use super::parameters::{Kind, Parameters, Row};
use super::post::{Answer, Post};
use super::Operation;
use crate::error::{Code, Error, Result};
use crate::routing::Action;
use crate::wire::read_object;

/// The name of the action, in errors.
const ACTION: &str = "applyGuardrails";
/// What is looked for unless the request says otherwise: both categories that the service has
/// ([documentation](https://docs.oracle.com/en-us/iaas/Content/generative-ai/guardrails.htm)).
const CATEGORIES: &[u8] = br#"["OVERALL","BLOCKLIST"]"#;
/// The name of the model in answers to a request that names none.
const MODEL: &str = "oci-guardrails";
/// The scores of categories and of prompt injection are 0.0 or 1.0.
const THRESHOLD: f64 = 0.5;
/// What a score was found in, where the input has several parts.
const MODALITIES: &str = "flaggedModalities";

/// The moderation of one text, or of texts and images together.
#[derive(Debug)]
pub struct Moderate {
    model: Option<String>,
    /// [`ApplyGuardrailsDetails`](https://github.com/oracle/oci-typescript-sdk/blob/master/lib/generativeaiinference/lib/model/apply-guardrails-details.ts)
    fields: ObjectWriter,
    asks: Asks,
    id: String,
    answer: Answer,
}

/// What a result must be there for.
#[derive(Clone, Copy, Debug, Default)]
struct Asks {
    moderation: bool,
    injection: bool,
}

const PARAMETERS: &[Row] = &[
    ("model", Kind::Text, None),
    ("input", Kind::Structured, None),
    ("oci.categories", Kind::Texts, None),
    ("oci.pii_types", Kind::Texts, None),
    ("oci.prompt_injection", Kind::Flag, None),
    ("oci.language", Kind::Text, None),
    ("oci.guardrail_version", Kind::Text, None),
];

impl Moderate {
    /// The operations that answer a request, given as JSON text: one for each text of a list.
    /// [`merge`](super::merge) puts their answers together. `id`: of the answer.
    ///
    /// # Errors
    ///
    /// `invalid_request`, with the parameter at fault.
    pub fn from_json(json: &str, id: &str) -> Result<Vec<Operation>> {
        let mut parameters = Parameters::parse(json, ACTION, PARAMETERS)?;
        let mut asks = Asks::default();
        let configs = asks.configs(&parameters)?;
        parameters.fields.push_object("guardrailConfigs", configs);
        if let Some(version) = parameters.text("oci.guardrail_version") {
            let mut config = ObjectWriter::default();
            config.push_str("guardrailVersion", &version);
            let name = "guardrailVersionConfig";
            parameters.fields.push_object(name, config);
        }
        let language = parameters.text("oci.language");
        let input = Input::parse(&parameters, &InputFormat::Moderate { language })?;
        let size = if input.has_parts {
            input.items.len()
        } else {
            1
        };
        let mut operations = Vec::new();
        for items in input.items.chunks(size) {
            let mut fields = parameters.fields.clone();
            match items {
                [text] if !input.has_parts => fields.push_text("input", text),
                parts => fields.push_list("multimodalInput", parts),
            }
            operations.push(Operation::Moderate(Box::new(Moderate {
                model: parameters.text("model"),
                fields,
                asks,
                id: id.to_owned(),
                answer: Answer::default(),
            })));
        }
        Ok(operations)
    }

    /// Reads [`GuardrailsResults`](https://github.com/oracle/oci-typescript-sdk/blob/master/lib/generativeaiinference/lib/model/guardrails-results.ts),
    /// as OpenAI's result and what is under `oci`. What was found of anything that was asked for
    /// flags the input; a result that is missing does not pass it.
    fn result_of(&self, results: &Value, mut oci: ObjectWriter) -> Option<Vec<u8>> {
        let get = |name: &str| results.get(name).filter(|found| !found.is_null());
        let mut flagged = false;
        let mut flags = ObjectWriter::default();
        let mut scores = ObjectWriter::default();
        let mut modalities = ObjectWriter::default();
        let moderation = get("contentModeration");
        let categories = match moderation {
            Some(moderation) => moderation.get("categories")?.as_array()?.as_slice(),
            None => &[],
        };
        for category in categories {
            let name = category.get("name")?.as_str()?;
            let is_flagged = is_flagged(category)?;
            flagged |= is_flagged;
            flags.push(name, &is_flagged.into());
            scores.push(name, category.get("score")?);
            if let Some(of_category) = category.get(MODALITIES) {
                modalities.push(name, of_category);
            }
        }
        oci.push_object("flagged_modalities", modalities);
        if let Some(personal) = get("personallyIdentifiableInformation") {
            flagged |= !personal.as_array()?.is_empty();
            oci.push("personally_identifiable_information", personal);
        }
        let injection = get("promptInjection");
        if let Some(injection) = injection {
            flagged |= is_flagged(injection)?;
            let mut found = ObjectWriter::default();
            found.push("score", injection.get("score")?);
            if let Some(of_injection) = injection.get(MODALITIES) {
                found.push("flagged_modalities", of_injection);
            }
            oci.push_object("prompt_injection", found);
        }
        let Asks {
            moderation: asks_for_moderation,
            injection: asks_for_injection,
        } = self.asks;
        if asks_for_moderation && moderation.is_none() || asks_for_injection && injection.is_none()
        {
            return None;
        }
        let mut result = ObjectWriter::default();
        result.push("flagged", &flagged.into());
        result.push_text("categories", &flags.finish());
        result.push_text("category_scores", &scores.finish());
        result.push_object("oci", oci);
        Some(result.finish())
    }
}

impl Post for Moderate {
    fn model(&self) -> &str {
        self.model.as_deref().unwrap_or_default()
    }

    fn action(&self) -> Action {
        Action::Moderate
    }

    fn fields(&self) -> &ObjectWriter {
        &self.fields
    }

    /// Reads an [`ApplyGuardrailsResult`](https://github.com/oracle/oci-typescript-sdk/blob/master/lib/generativeaiinference/lib/model/apply-guardrails-result.ts).
    fn read(&mut self, body: &[u8]) -> Result<ObjectWriter> {
        let json = read_object(body, ACTION)?.to_value();
        let mut oci = self.answer.oci();
        let version = json.get("guardrailVersion");
        if let Some(version) = version.and_then(|version| version.get("version")) {
            oci.push("guardrail_version", version);
        }
        let results = json.get("results");
        let result = results.and_then(|results| self.result_of(results, oci));
        let result = result.ok_or_else(|| {
            let message = "the answer lacks a result, or the score of one";
            Error::new(Code::InvalidResponse, message)
        })?;
        let mut answer = ObjectWriter::default();
        answer.push_str("id", &self.id);
        answer.push_str("model", self.model.as_deref().unwrap_or(MODEL));
        let out = answer.begin("results");
        out.push(b'[');
        out.extend_from_slice(&result);
        out.push(b']');
        Ok(answer)
    }

    fn answer(&self) -> &Answer {
        &self.answer
    }

    fn answer_mut(&mut self) -> &mut Answer {
        &mut self.answer
    }
}

impl Asks {
    /// [`GuardrailConfigs`](https://github.com/oracle/oci-typescript-sdk/blob/master/lib/generativeaiinference/lib/model/guardrail-configs.ts)
    fn configs(&mut self, parameters: &Parameters) -> Result<ObjectWriter> {
        let mut configs = ObjectWriter::default();
        let mut moderation = ObjectWriter::default();
        match parameters.get("oci.categories") {
            None => moderation.push_text("categories", CATEGORIES),
            Some(given) if *given.value == Value::Array(Vec::new()) => {}
            Some(given) => moderation.push("categories", given.value),
        }
        self.moderation = !moderation.is_empty();
        configs.push_object("contentModerationConfig", moderation);
        if let Some(given) = parameters.get("oci.pii_types") {
            let mut personal = ObjectWriter::default();
            personal.push("types", given.value);
            configs.push_object("personallyIdentifiableInformationConfig", personal);
        }
        let injection = parameters.get("oci.prompt_injection");
        self.injection = injection.is_some_and(|given| given.value == true);
        if self.injection {
            configs.push_text("promptInjectionConfig", b"{}");
        }
        if configs.is_empty() {
            let message = "oci.categories is empty, and nothing else is looked for";
            let hint = "omit it, or set oci.pii_types or oci.prompt_injection";
            return Err(Error::param("oci.categories", message).with_hint(hint));
        }
        Ok(configs)
    }
}

/// Whether the score of a category, or of prompt injection, flags; none where there is no score.
fn is_flagged(scored: &Value) -> Option<bool> {
    Some(scored.get("score")?.as_f64()? >= THRESHOLD)
}
