//! What Gemini requires of a conversation: system text first and in one message, and every call
//! followed by its own result before the next one (wayflow `ocigenaimodel.py`, langchain-oracle
//! `GeminiProvider`).

use super::message::GenericMessage;

/// Brings the messages into that order.
pub(super) fn reorder(messages: Vec<GenericMessage<'_>>) -> Vec<GenericMessage<'_>> {
    let is_system = |message: &GenericMessage<'_>| matches!(message.role, "SYSTEM" | "DEVELOPER");
    let (system, turns): (Vec<_>, Vec<_>) = messages.into_iter().partition(is_system);
    let mut ordered = Vec::with_capacity(turns.len() + 1);
    let content: Vec<_> = system
        .into_iter()
        .flat_map(|message| message.content)
        .collect();
    if !content.is_empty() {
        // System text alone is no conversation for Gemini: without a user's message it becomes one.
        let has_user = turns.iter().any(|message| message.role == "USER");
        let role = if has_user { "SYSTEM" } else { "USER" };
        ordered.push(GenericMessage {
            role,
            content,
            ..GenericMessage::default()
        });
    }
    let mut is_placed = vec![false; turns.len()];
    for (index, message) in turns.iter().enumerate() {
        if is_placed.get(index) == Some(&true) {
            continue;
        }
        if message.tool_calls.len() < 2 {
            ordered.push(message.clone());
            continue;
        }
        for (nth, call) in message.tool_calls.iter().enumerate() {
            let mut turn = GenericMessage {
                tool_calls: vec![call.clone()],
                ..message.clone()
            };
            if nth > 0 {
                turn.content.clear();
                turn.reasoning_content = None;
                turn.refusal = None;
            }
            ordered.push(turn);
            let following = turns.iter().enumerate().skip(index + 1);
            let result = following
                .take_while(|(_, message)| message.role == "TOOL")
                .find(|(at, message)| {
                    is_placed.get(*at) == Some(&false) && message.tool_call_id == Some(call.id)
                });
            if let Some((at, result)) = result {
                ordered.push(result.clone());
                if let Some(is_placed) = is_placed.get_mut(at) {
                    *is_placed = true;
                }
            }
        }
    }
    ordered
}
