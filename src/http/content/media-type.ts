/**
 * Returns the media type by the extension of a name. Text is UTF-8; JSON and XML are without saying so, or say it
 * themselves.
 */
export async function mediaTypeOf(path: string): Promise<string> {
  const { default: mime } = await import("mime");
  const type = mime.getType(path) ?? "application/octet-stream";
  return type.startsWith("text/") ? `${type}; charset=utf-8` : type;
}
