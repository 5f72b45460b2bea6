/** What the server did wrong, in words. */
export class Fault extends Error {
  override readonly name = "Fault";
}
