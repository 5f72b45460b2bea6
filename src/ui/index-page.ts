import type { Answer } from "../http/answer.ts";
import { textAnswer } from "../http/answer.ts";
import { type PageScriptOptions, pageScript } from "./page-script.ts";

/** The page that starts the app, without the script that connects it. */
export interface IndexPage {
  /** Renders the page for one request. */
  answer(options: PageScriptOptions): Answer;
}

/** Bytes of randomness in a nonce. */
const NONCE_BYTES = 16;

/** `appsOrigin` is where back ends of extensions show their pages; undefined where browsers reach none. */
export function createIndexPage(html: string, appsOrigin?: string): IndexPage {
  return {
    answer(options) {
      const nonce = newNonce();
      const script = `<script>${pageScript(options)}</script>`;
      const page = html
        .replace("</head>", () => `${script}</head>`)
        .replaceAll("<script", `<script nonce="${nonce}"`);
      return textAnswer(200, page, {
        "content-type": "text/html; charset=utf-8",
        ...headers(policy(nonce, appsOrigin)),
      });
    },
  };
}

/** The page holds a key, so it is neither stored nor shown in a frame of another page. */
function headers(policy: string): Record<string, string> {
  return {
    "cache-control": "no-store",
    "content-security-policy": policy,
    "referrer-policy": "same-origin",
    "x-content-type-options": "nosniff",
    vary: "accept",
  };
}

/**
 * Keeps the app to this server: fonts, icons, update checks and telemetry of other sites are not loaded. Frames of this
 * machine are allowed for an editor on another port. The app runs the scripts of extensions that its user has enabled
 * as blobs, which it gets from this server.
 */
function policy(nonce: string, appsOrigin?: string): string {
  const apps = appsOrigin === undefined ? "" : ` ${appsOrigin}`;
  return [
    "default-src 'self'",
    `script-src 'self' 'nonce-${nonce}' 'wasm-unsafe-eval' blob:`,
    "style-src 'self' 'unsafe-inline'",
    "img-src 'self' data: blob:",
    "media-src 'self' data: blob:",
    "font-src 'self' data:",
    `connect-src 'self' blob: data:${apps}`,
    "worker-src 'self' blob:",
    `frame-src 'self' blob: data: http://localhost:* http://127.0.0.1:*${apps}`,
    "object-src 'none'",
    "base-uri 'none'",
    "form-action 'self'",
    "frame-ancestors 'self'",
  ].join("; ");
}

function newNonce(): string {
  return Buffer.from(crypto.getRandomValues(new Uint8Array(NONCE_BYTES))).toString("base64");
}
