//! Requests of the Responses API, and the chats that they become.
