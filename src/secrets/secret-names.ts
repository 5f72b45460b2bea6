const SECRET_WORDS = /authorization|cookie|credential|key|password|secret|session|token/i;

/** Whether the name of a header, variable or field says that its value is secret. The words are the reference's. */
export function isSecretName(name: string): boolean {
  return SECRET_WORDS.test(name);
}
