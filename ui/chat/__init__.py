"""The chat: events of a conversation become cards; a click becomes an answer, an approval or a job."""
