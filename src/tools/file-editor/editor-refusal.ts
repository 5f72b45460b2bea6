import { FileRefusal } from "../text-files/file-refusal.ts";

/** A reason why a command of the editor was not carried out. */
export class EditorRefusal extends FileRefusal {
  override readonly name = "EditorRefusal";

  static invalid(parameter: string, value: unknown, hint: string): EditorRefusal {
    const shown = Array.isArray(value) ? `[${value.join(", ")}]` : String(value);
    return new EditorRefusal(`Invalid \`${parameter}\` parameter: ${shown}. ${hint}`);
  }

  static missing(parameter: string, command: string): EditorRefusal {
    return new EditorRefusal(`Parameter \`${parameter}\` is required for command: ${command}.`);
  }
}
