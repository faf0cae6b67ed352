//! An HTTP status and the body beside it -> an [`Error`], with what to check.
//!
//! OCI's body is `{"code":…,"message":…}`; the code is a name or a number in quotes, the message
//! may be another JSON document (OpenAI's, for OpenAI's models), and proxies in front of the
//! service answer in HTML.

use serde_json::Value;

use crate::error::{Code, Error, Reason};
use crate::openai::parameters::PARAMETERS;
use crate::routing::{Route, Transport};
use crate::text::{contains, split_once};

/// The error that a status other than 2xx stands for. `signs`: whether a signer is configured.
pub(crate) fn service_error(
    status: u16,
    body: &[u8],
    route: &Route,
    signs: bool,
    opc_request_id: Option<String>,
) -> Error {
    let body = ErrorBody::parse(body);
    let own_code = body.own_code(status, route);
    let kind = own_code.unwrap_or_else(|| code_of(status, &body.message));
    let own = format!("the service answered with status {status}");
    let param = body.param.as_deref().filter(|it| is_parameter(it));
    let mut error = match param.filter(|_| kind == Code::BadRequest) {
        Some(param) => Error::param(param, own).with_code(kind),
        None => Error::new(kind, own),
    };
    if kind == Code::BadRequest {
        let is_refused = route.is_endpoint_on_openai() && param == Some("model");
        let refused = is_refused.then_some(Reason::ModelNotOnOpenAiTransport);
        if let Some(reason) = refused.or_else(|| body.reason(status)) {
            error = error.with_reason(reason);
        }
    }
    // A gateway's message holds what can be told of the cause.
    if let Some(hint) = hint(kind, route, signs, param).filter(|_| own_code.is_none()) {
        error = error.with_hint(hint);
    }
    error
        .with_service_message(Some(body.message).filter(|it| !it.is_empty()))
        .with_status(status)
        .with_service_code(body.code.filter(|it| is_code(it)))
        .with_opc_request_id(opc_request_id)
}

/// Whether these are the words of content moderation, or of the guardrails of an endpoint:
/// "Inappropriate content detected!", "Inappropriate output content detected in output blocklist".
pub(super) fn is_moderation(message: &str) -> bool {
    let message = message.to_ascii_lowercase();
    contains(&message, "inappropriate") && contains(&message, "content")
}

/// The service's words where the model behind the endpoint has another `apiFormat`.
const WRONG_FORMAT: &str = "does not match serving model";
/// The service's words where the openai transport does not serve this model.
const NOT_ON_OPENAI: &str = "Unsupported OpenAI operation";

fn code_of(status: u16, message: &str) -> Code {
    match status {
        300..=399 => Code::Redirected,
        401 => Code::Unauthorized,
        404 => Code::NotFoundOrUnauthorized,
        409 => Code::Conflict,
        429 => Code::RateLimited,
        400 if contains(message, WRONG_FORMAT) => Code::WrongApiFormat,
        400..=499 if is_moderation(message) => Code::ContentFiltered,
        408 | 502..=504 => Code::ServiceUnavailable,
        400..=499 => Code::BadRequest,
        500..=599 => Code::ServiceError,
        _ => Code::InvalidResponse,
    }
}

fn hint(code: Code, route: &Route, signs: bool, param: Option<&str>) -> Option<String> {
    let not_on_openai = match signs {
        true => "the openai transport may not serve this endpoint: omit `transport`",
        false => {
            "the openai transport may not serve this endpoint; the native one serves every \
             endpoint, but takes no API key: set `sign`"
        }
    };
    let hint = match code {
        Code::BadRequest if matches!(param, None | Some("model")) => {
            return route.is_endpoint_on_openai().then(|| not_on_openai.into());
        }
        Code::Unauthorized if route.transport() == Transport::OpenAi => {
            "check the API key (keys are regional, and a key made before its IAM policy stays \
             rejected), or the signer"
        }
        Code::Unauthorized if !signs => {
            "native calls need a signature: set `sign`; `apiKey` is for the openai transport only"
        }
        Code::Unauthorized => {
            "check the signer: its key and key id, and the clock (5 minutes of skew are allowed); a \
             session token may have expired"
        }
        Code::NotFoundOrUnauthorized => {
            let place = match route.region() {
                "" => String::new(),
                region => format!(" in {region}"),
            };
            let causes = format!(
                "OCI answers the same for three causes: the model or endpoint does not \
                 exist{place}, no IAM policy allows its use, or compartmentId names another \
                 compartment"
            );
            return Some(match route.is_endpoint_on_openai() {
                true => format!("{not_on_openai}. {causes}"),
                false => causes,
            });
        }
        Code::WrongApiFormat => {
            "set apiFormat to that of the model behind the endpoint: GENERIC, COHERE or COHEREV2"
        }
        Code::RateLimited => "wait before the next request, or add units to the cluster",
        Code::Conflict => {
            "the endpoint may be in the middle of a change: check its state in the console"
        }
        Code::Redirected => {
            "redirects are never followed, because the signature is for one host: check `endpoint`"
        }
        _ => return None,
    };
    Some(hint.into())
}

/// Whether a text can be one of OCI's codes, such as `NotAuthorizedOrNotFound` or `429`: unlike the
/// message, a code is shown to anyone.
pub(super) fn is_code(text: &str) -> bool {
    let is_word = |byte: u8| byte.is_ascii_alphanumeric() || b"_.-".contains(&byte);
    text.len() <= 64 && text.bytes().all(is_word)
}

/// Whether a text names a parameter of Chat Completions: `temperature`, `messages[2].content`.
fn is_parameter(text: &str) -> bool {
    let is_path =
        |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"_.[]".contains(&byte);
    let name = text.split(['.', '[']).next().unwrap_or_default();
    let is_known = name == "model" || PARAMETERS.iter().any(|it| it.name == name);
    text.len() <= 64 && is_known && text.bytes().all(is_path)
}

/// What the body of an error holds.
#[derive(Debug, Default, PartialEq)]
struct ErrorBody {
    code: Option<String>,
    message: String,
    param: Option<String>,
}

impl ErrorBody {
    fn parse(body: &[u8]) -> ErrorBody {
        let Ok(json) = crate::json::parse_lenient(body) else {
            let message = excerpt(&String::from_utf8_lossy(body));
            return ErrorBody {
                message,
                ..ErrorBody::default()
            };
        };
        let text = |value: &Value| match value {
            Value::String(text) => Some(text.clone()),
            Value::Number(number) => Some(number.to_string()),
            _ => None,
        };
        // OpenAI's shape, by itself or as the text of OCI's message.
        let message = json.get("message").and_then(Value::as_str);
        let nested = message.and_then(|text| crate::json::parse_lenient(text.as_bytes()).ok());
        let openai = nested.as_ref().and_then(|nested| nested.get("error"));
        let openai = openai
            .or_else(|| json.get("error"))
            .filter(|error| !error.is_null());
        if let Some(error) = openai {
            let message = error.get("message").and_then(text).or_else(|| text(error));
            return ErrorBody {
                code: json
                    .get("code")
                    .or_else(|| error.get("code"))
                    .and_then(text),
                message: excerpt(&message.unwrap_or_default()),
                param: error.get("param").and_then(text),
            };
        }
        let message = json
            .get("message")
            .or_else(|| json.get("detail"))
            .and_then(text);
        ErrorBody {
            code: json.get("code").and_then(text),
            message: excerpt(&message.unwrap_or_default()),
            param: None,
        }
    }

    /// The code of this package's gateway, if the service is one: it speaks of what is behind it.
    fn own_code(&self, status: u16, route: &Route) -> Option<Code> {
        let code = Code::from_name(self.code.as_deref()?)?;
        // The gateway's own credentials are not the caller's: it answers 502 then.
        let is_its_status = code.http_status() == status || code_of(status, "") == code;
        let is_gateway = route.transport() == Transport::OpenAi;
        (is_gateway && (is_its_status || status == 502)).then_some(code)
    }

    /// What recovery has to know about a 4xx. One with none of these reasons is about the request
    /// itself, which would be rejected again.
    fn reason(&self, status: u16) -> Option<Reason> {
        // OCI's codes for what a request is refused without having been read.
        // https://docs.oracle.com/en-us/iaas/Content/API/References/apierrors.htm
        const OF_THE_TARGET: [&str; 3] = [
            "LimitExceeded",
            "QuotaExceeded",
            "RelatedResourceNotAuthorizedOrNotFound",
        ];
        let rejects_the_request = matches!(status, 400 | 413 | 414 | 415 | 422 | 431);
        if contains(&self.message, NOT_ON_OPENAI) {
            Some(Reason::ModelNotOnOpenAiTransport)
        } else if self.may_be_about_streaming(status) {
            Some(Reason::StreamRejected)
        } else if !rejects_the_request
            || OF_THE_TARGET.contains(&self.code.as_deref().unwrap_or_default())
        {
            Some(Reason::RejectedByTarget)
        } else {
            None
        }
    }

    /// How an endpoint rejects `isStream` is not documented, so an error without a message counts.
    fn may_be_about_streaming(&self, status: u16) -> bool {
        if self.message.is_empty() {
            return matches!(status, 400 | 422);
        }
        // A proxy speaks of its upstream.
        let param = self.param.as_deref().unwrap_or_default();
        let text = format!("{} {param}", self.message).to_ascii_lowercase();
        let mut rest = text.as_str();
        while let Some((before, after)) = split_once(rest, "stream") {
            if !before.ends_with("up") {
                return true;
            }
            rest = after;
        }
        false
    }
}

/// One line for a log: without the markup of a proxy's page, without control characters, at most
/// 500 characters.
pub(super) fn excerpt(text: &str) -> String {
    const MAX_CHARS: usize = 500;
    let mut plain = String::new();
    let is_markup = text.trim_start().starts_with('<');
    let mut in_tag = false;
    for c in text.chars() {
        match c {
            '<' if is_markup => in_tag = true,
            '>' if in_tag => in_tag = false,
            _ if in_tag => {}
            c if c.is_control() || c.is_whitespace() => {
                if !plain.ends_with(' ') {
                    plain.push(' ');
                }
            }
            c => plain.push(c),
        }
    }
    let plain = plain.trim();
    match plain.char_indices().nth(MAX_CHARS) {
        Some((end, _)) => format!("{}…", plain.get(..end).unwrap_or_default()),
        None => plain.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::routing::{RouteOverrides, RoutingOptions};

    fn error(status: u16, body: &str) -> Error {
        let endpoint = "ocid1.generativeaiendpoint.oc1.us-chicago-1.x";
        let options = RoutingOptions::default();
        let route = Route::resolve(endpoint, &options, RouteOverrides::default()).unwrap();
        service_error(status, body.as_bytes(), &route, true, Some("a/b/c".into()))
    }

    #[test]
    fn codes_by_status_and_message() {
        for (status, body, code) in [
            (
                401,
                r#"{"code":"NotAuthenticated","message":"no"}"#,
                Code::Unauthorized,
            ),
            (
                404,
                r#"{"code":"404","message":"Authorization failed or requested resource not found."}"#,
                Code::NotFoundOrUnauthorized,
            ),
            (
                400,
                r#"{"code":"400","message":"Please pass in correct format of request."}"#,
                Code::BadRequest,
            ),
            (
                400,
                r#"{"code":"400","message":"Chat request type does not match serving model"}"#,
                Code::WrongApiFormat,
            ),
            (
                400,
                r#"{"code":"400","message":"Inappropriate output content detected in output blocklist"}"#,
                Code::ContentFiltered,
            ),
            (
                409,
                r#"{"code":"IncorrectState","message":"x"}"#,
                Code::Conflict,
            ),
            (
                400,
                r#"{"code":"400","message":"Inappropriate content detected!"}"#,
                Code::ContentFiltered,
            ),
            (
                400,
                r#"{"code":"400","message":"inappropriate value of topK"}"#,
                Code::BadRequest,
            ),
            (408, "", Code::ServiceUnavailable),
            (413, "", Code::BadRequest),
            (429, "{}", Code::RateLimited),
            (500, "oops", Code::ServiceError),
            (
                502,
                "<html><body>Bad Gateway</body></html>",
                Code::ServiceUnavailable,
            ),
            (503, "", Code::ServiceUnavailable),
            (307, "", Code::Redirected),
            (204, "", Code::InvalidResponse),
        ] {
            let error = error(status, body);
            assert_eq!(
                (error.code(), error.status()),
                (code, Some(status)),
                "{status} {body}"
            );
            assert_eq!(error.opc_request_id(), Some("a/b/c"));
            assert_eq!(
                error.message(),
                format!("the service answered with status {status}")
            );
            assert!(!error
                .service_message()
                .is_some_and(|it| it.contains('<') || it.is_empty()));
        }
        let not_found = error(404, r#"{"code":"NotAuthorizedOrNotFound","message":"x"}"#);
        assert_eq!(not_found.service_code(), Some("NotAuthorizedOrNotFound"));
        assert!(error(404, "{}").hint().unwrap().contains("us-chicago-1"));
    }

    #[test]
    fn says_of_a_rejection_what_recovery_has_to_know() {
        let body =
            |code: &str, message: &str| format!(r#"{{"code":"{code}","message":"{message}"}}"#);
        for (status, code, message, reason) in [
            (
                400,
                "400",
                "Please pass in correct format of request.",
                None,
            ),
            (
                400,
                "InvalidParameter",
                "maximum context length is 8192 tokens",
                None,
            ),
            (400, "400", "upstream rejected the request", None),
            (413, "413", "The request is too large.", None),
            (422, "422", "temperature is too high", None),
            (
                400,
                "400",
                "Streaming is not supported",
                Some(Reason::StreamRejected),
            ),
            (
                400,
                "400",
                "unknown field isStream",
                Some(Reason::StreamRejected),
            ),
            (
                422,
                "422",
                "stream: false expected",
                Some(Reason::StreamRejected),
            ),
            (400, "400", "", Some(Reason::StreamRejected)),
            (413, "413", "", None),
            (
                400,
                "400",
                NOT_ON_OPENAI,
                Some(Reason::ModelNotOnOpenAiTransport),
            ),
            (403, "403", "Forbidden", Some(Reason::RejectedByTarget)),
            (405, "405", "", Some(Reason::RejectedByTarget)),
            (
                400,
                "QuotaExceeded",
                "no units left",
                Some(Reason::RejectedByTarget),
            ),
            (400, "400", WRONG_FORMAT, None),
        ] {
            let error = error(status, &body(code, message));
            assert_eq!(error.reason(), reason, "{status} {code} {message}");
        }
        let param = r#"{"error":{"message":"not supported with this model","param":"stream"}}"#;
        assert_eq!(error(400, param).reason(), Some(Reason::StreamRejected));
    }

    #[test]
    fn an_error_in_the_message_of_an_error() {
        let body = r#"{"code":"400","message":"{\n \"error\": {\"message\":\"Unsupported value\",
            \"param\":\"temperature\",\"code\":\"x\"}}"}"#;
        let error = error(400, &body.replace("\n            ", ""));
        assert_eq!(error.message(), "the service answered with status 400");
        assert_eq!(error.service_message(), Some("Unsupported value"));
        assert_eq!(error.param_name(), Some("temperature"));
        assert_eq!(error.service_code(), Some("400"));
    }

    #[test]
    fn only_the_service_message_has_words_of_the_service() {
        let names_in = |code: &str, param: &str| {
            let body = json!({"code": code, "error": {"message": "a prompt", "param": param}});
            let error = error(400, &body.to_string());
            assert_eq!(error.service_message(), Some("a prompt"));
            assert!(!format!("{error} {error:?}")
                .replace("Some(\"a prompt\")", "")
                .contains("prompt"));
            let (code, param) = (error.service_code(), error.param_name());
            (code.map(str::to_owned), param.map(str::to_owned))
        };
        let names = |code: &str, param: &str| (Some(code.to_owned()), Some(param.to_owned()));
        for (code, param) in [
            ("InvalidParameter", "top_p"),
            ("a.b-c_9", "messages[2].content"),
        ] {
            assert_eq!(names_in(code, param), names(code, param));
        }
        let long = "x".repeat(65);
        for (code, param) in [
            ("my prompt", "prompt"),
            (&long, "messages my prompt"),
            ("é", "Prompt"),
        ] {
            assert_eq!(names_in(code, param), (None, None), "{code} {param}");
        }
    }

    #[test]
    fn a_page_becomes_a_line() {
        assert_eq!(
            excerpt("<html>\n<h1>502</h1>\n Bad\tGateway</html>"),
            "502 Bad Gateway"
        );
        assert_eq!(excerpt("1 < 2"), "1 < 2");
        assert_eq!(excerpt(&"é".repeat(600)).chars().count(), 501);
    }
}
