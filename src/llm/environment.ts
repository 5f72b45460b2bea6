/** Variables that may hold keys and addresses. */
export type Environment = Readonly<Record<string, string | undefined>>;
