/** Characters that a name may have in the plain form of the header. */
const PLAIN = /^[\w.~-]+$/;

/**
 * The value of `Content-Disposition` for a file to be saved under a name. Other than plain names are encoded (RFC
 * 5987).
 */
export function attachment(name: string): string {
  if (PLAIN.test(name)) return `attachment; filename="${name}"`;
  const encoded = encodeURIComponent(name.toWellFormed()).replace(/['()*!]/g, escaped);
  return `attachment; filename*=utf-8''${encoded}`;
}

function escaped(character: string): string {
  return `%${character.charCodeAt(0).toString(16).toUpperCase()}`;
}
