/** The kinds of error, as the server names them. */
export const KINDS = ["wrong_class", "badly_located", "missing", "spurious", "duplicate", "wrong_attribute"] as const;
