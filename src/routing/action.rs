//! What is asked of OCI: the actions of its inference service.

use crate::routing::serving::Transport;

/// An action, and its name in `route`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Action {
    /// A completion.
    #[default]
    Chat,
    /// Embeddings of texts and images.
    Embed,
    /// Documents by their relevance to a query.
    Rerank,
    /// Content moderation, and the detection of personal data and of prompt injection.
    Moderate,
}

impl Action {
    /// Every action.
    pub const ALL: [Action; 4] = [
        Action::Chat,
        Action::Embed,
        Action::Rerank,
        Action::Moderate,
    ];

    /// The name in the options.
    pub const fn name(self) -> &'static str {
        match self {
            Action::Chat => "chat",
            Action::Embed => "embed",
            Action::Rerank => "rerank",
            Action::Moderate => "moderate",
        }
    }

    /// The path below the base URL. Only chats are served on the openai transport.
    pub const fn path(self, transport: Transport) -> &'static str {
        match (self, transport) {
            (Action::Chat, Transport::Native) => "/20231130/actions/chat",
            (Action::Chat, Transport::OpenAi) => "/openai/v1/chat/completions",
            (Action::Embed, _) => "/20231130/actions/embedText",
            (Action::Rerank, _) => "/20231130/actions/rerankText",
            (Action::Moderate, _) => "/20231130/actions/applyGuardrails",
        }
    }
}
