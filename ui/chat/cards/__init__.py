"""Cards: one file a card; each turns a typed result into blocks that public/elements/Card.jsx draws."""
