export interface EditorUrl {
  /** Origin under which the browser reaches the editor. */
  base: string;
  /** Without slashes at its ends. null for none. */
  basePath: string | null;
  token: string;
  /** Absolute path of the folder to open. */
  folder: string;
}

/** The address of a folder in the editor, as clients of the reference know it. */
export function editorUrl({ base, basePath, token, folder }: EditorUrl): string {
  const path = [base.replace(/\/+$/, ""), ...(basePath === null ? [] : [basePath])].join("/");
  return `${path}/?tkn=${quoted(token)}&folder=${quoted(folder)}`;
}

/** Encodes everything but letters, digits, `_.-~` and `/`. */
function quoted(text: string): string {
  return encodeURIComponent(text.toWellFormed())
    .replaceAll("%2F", "/")
    .replace(/[!'()*]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`);
}
