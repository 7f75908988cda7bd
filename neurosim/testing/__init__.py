"""Material for testing backends: small programs that together use every part of a step."""
