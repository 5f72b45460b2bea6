/** Returns the media type by the extension of a name. Text is UTF-8, as everything here. */
export async function mediaTypeOf(path: string): Promise<string> {
  const { default: mime } = await import("mime");
  const type = mime.getType(path) ?? "application/octet-stream";
  return /^text\/|[+/](javascript|json|xml)$/.test(type) ? `${type}; charset=utf-8` : type;
}
