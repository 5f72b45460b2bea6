import { timelineStyle } from "../../../timeline/view/style.ts";
import { escaped } from "../../../timeline/view/view.ts";

/**
 * Writes the beginning of a page. Its policy lets it load nothing and run nothing, whatever stands in it: the only
 * style is named by its hash.
 */
export async function pageStart(title: string): Promise<string> {
  const style = timelineStyle();
  const policy = `default-src 'none'; style-src 'sha256-${await hashOf(style)}'; base-uri 'none'; form-action 'none'`;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${escaped(policy)}">
<meta name="referrer" content="no-referrer">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escaped(title)}</title>
<style>${style}</style>
</head>
<body>
<main>
`;
}

/** The end of a page. */
export const PAGE_END = "</main>\n</body>\n</html>\n";

async function hashOf(text: string): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  return Buffer.from(digest).toString("base64");
}
