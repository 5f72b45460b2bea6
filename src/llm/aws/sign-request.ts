/** Keys that sign requests to AWS. */
export interface AwsCredentials {
  accessKeyId: string;
  secretAccessKey: string;
  sessionToken?: string | undefined;
  /** End of their validity; undefined for keys that stay valid. */
  expiration?: Date | undefined;
}

/** A POST request to an AWS service. */
export interface AwsRequest {
  url: string;
  headers: Record<string, string>;
  body: Uint8Array | string;
}

/** Whose request it is, and for whom. */
export interface Signature {
  credentials: AwsCredentials;
  region: string;
  service: "bedrock" | "sts";
  /** Milliseconds since 1970. */
  now: number;
}

/** Signs a request with Signature Version 4. Returns its headers, to be sent with the same URL and body. */
export async function signRequest(
  request: AwsRequest,
  signature: Signature,
): Promise<Record<string, string>> {
  const [{ SignatureV4 }, { Sha256 }] = await Promise.all([
    import("@smithy/signature-v4"),
    import("@aws-crypto/sha256-js"),
  ]);
  const { credentials, region, service, now } = signature;
  const { hostname, host, pathname, protocol, port } = new URL(request.url);
  const signer = new SignatureV4({ credentials, region, service, sha256: Sha256 });
  const { headers } = await signer.sign(
    {
      method: "POST",
      protocol,
      hostname,
      ...(port !== "" && { port: Number(port) }),
      path: pathname,
      query: {},
      headers: { host, ...request.headers },
      body: request.body,
    },
    { signingDate: new Date(now) },
  );
  // The client writes this one itself.
  const { host: _, ...sent } = headers;
  return sent;
}
