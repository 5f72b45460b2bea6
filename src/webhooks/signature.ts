const PREFIX = "whsec_";

/** The content of a signature. */
export interface Signed {
  /** Id of the message, the same for each attempt. */
  id: string;
  /** Seconds since 1970. */
  timestamp: number;
  body: string;
}

/**
 * The headers of a signed request, by the specification of Standard Webhooks, for which there are libraries in most
 * languages: HMAC-SHA256 of id, time and body. A secret with the prefix `whsec_` is base64, any other is taken as it is.
 */
export async function signatureHeaders(
  secret: string,
  { id, timestamp, body }: Signed,
): Promise<Record<string, string>> {
  const algorithm = { name: "HMAC", hash: "SHA-256" };
  const key = await crypto.subtle.importKey("raw", keyBytes(secret), algorithm, false, ["sign"]);
  const content = new TextEncoder().encode(`${id}.${timestamp}.${body}`);
  const signature = Buffer.from(await crypto.subtle.sign(algorithm, key, content)).toString("base64");
  return {
    "webhook-id": id,
    "webhook-timestamp": String(timestamp),
    "webhook-signature": `v1,${signature}`,
  };
}

function keyBytes(secret: string): Uint8Array<ArrayBuffer> {
  const isEncoded = secret.startsWith(PREFIX);
  return isEncoded
    ? new Uint8Array(Buffer.from(secret.slice(PREFIX.length), "base64"))
    : new TextEncoder().encode(secret);
}
