/** A reason why a tool left files as they are, for the model. It becomes an observation with `is_error`. */
export class FileRefusal extends Error {
  override readonly name: string = "FileRefusal";

  static unfit(path: string, reason: string): FileRefusal {
    return new FileRefusal(`File validation failed for ${path}: ${reason}`);
  }
}
