"""What moves: what people do about a page, and what patients are sent and answer."""
