/** A reason why a command was not carried out, for the model. It becomes an observation with `is_error`. */
export class EditorRefusal extends Error {
  override readonly name = "EditorRefusal";

  static invalid(parameter: string, value: unknown, hint: string): EditorRefusal {
    const shown = Array.isArray(value) ? `[${value.join(", ")}]` : String(value);
    return new EditorRefusal(`Invalid \`${parameter}\` parameter: ${shown}. ${hint}`);
  }

  static missing(parameter: string, command: string): EditorRefusal {
    return new EditorRefusal(`Parameter \`${parameter}\` is required for command: ${command}.`);
  }

  static unfit(path: string, reason: string): EditorRefusal {
    return new EditorRefusal(`File validation failed for ${path}: ${reason}`);
  }
}
