// Held against the API's own description when types are checked; no code.
export {}
