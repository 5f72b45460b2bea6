import type { Answer } from "../answer.ts";
import { textAnswer } from "../answer.ts";

/** Source of the browser files of the documentation pages. */
export interface DocsAssets {
  /** Reads a file. Resolves to undefined for an unknown name. */
  read(name: string): Promise<Uint8Array<ArrayBuffer> | undefined>;
}

/**
 * Allows scripts and styles of this server only. Both pages style elements in place, and ReDoc searches in a worker.
 */
const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  "font-src 'self' data:",
  "connect-src 'self'",
  "worker-src blob:",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join("; ");

const SECURITY_HEADERS = {
  "content-security-policy": CONTENT_SECURITY_POLICY,
  "referrer-policy": "no-referrer",
  "x-content-type-options": "nosniff",
};

const FILE_HEADERS = { "cache-control": "public, max-age=3600", "x-content-type-options": "nosniff" };

/** Paths are relative, so that the pages work below any prefix. */
const START_SWAGGER_UI = `SwaggerUIBundle({
  url: "openapi.json",
  dom_id: "#content",
  deepLinking: true,
  validatorUrl: null,
});
`;

const START_REDOC = `Redoc.init("openapi.json", { hideDownloadButton: true }, document.getElementById("content"));
`;

const SCRIPTS: Readonly<Record<string, string>> = {
  "start-swagger-ui.js": START_SWAGGER_UI,
  "start-redoc.js": START_REDOC,
};

const MEDIA_TYPES: Readonly<Record<string, string>> = {
  "swagger-ui.css": "text/css; charset=utf-8",
  "swagger-ui-bundle.js": "text/javascript; charset=utf-8",
  "redoc.standalone.js": "text/javascript; charset=utf-8",
};

export function swaggerPage(): Answer {
  return page({
    title: "Swagger UI",
    style: "swagger-ui.css",
    scripts: ["swagger-ui-bundle.js", "start-swagger-ui.js"],
  });
}

export function redocPage(): Answer {
  return page({ title: "ReDoc", scripts: ["redoc.standalone.js", "start-redoc.js"] });
}

/** Reads a file of the pages. Resolves to undefined for an unknown name. */
export async function docsFile(name: string, assets: DocsAssets): Promise<Answer | Response | undefined> {
  const script = Object.hasOwn(SCRIPTS, name) ? SCRIPTS[name] : undefined;
  if (script !== undefined)
    return textAnswer(200, script, { "content-type": "text/javascript; charset=utf-8", ...FILE_HEADERS });
  const type = Object.hasOwn(MEDIA_TYPES, name) ? MEDIA_TYPES[name] : undefined;
  const bytes = type === undefined ? undefined : await assets.read(name);
  if (type === undefined || bytes === undefined) return undefined;
  const headers = { "content-type": type, "content-length": String(bytes.byteLength), ...FILE_HEADERS };
  return new Response(bytes, { headers });
}

interface Page {
  title: string;
  style?: string;
  scripts: readonly string[];
}

function page({ title, style, scripts }: Page): Answer {
  const html = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Agent Server - ${title}</title>
<link rel="icon" href="data:,">
${style === undefined ? "" : `<link rel="stylesheet" href="docs/${style}">`}
</head>
<body style="margin: 0">
<div id="content"></div>
${scripts.map((name) => `<script src="docs/${name}"></script>`).join("\n")}
</body>
</html>
`;
  return textAnswer(200, html, { "content-type": "text/html; charset=utf-8", ...SECURITY_HEADERS });
}
