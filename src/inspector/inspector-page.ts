import { type Answer, textAnswer } from "../http/answer.ts";
import { timelineStyle } from "../timeline/view/style.ts";
import { inspectorStyle } from "./inspector-style.ts";

/** Name of the script of the page, below `/inspector/`. */
export const SCRIPT = "inspector.js";
/** Name of its style. */
export const STYLE = "inspector.css";

/**
 * Lets the page use this server alone. Texts of conversations cannot become markup or scripts, even by a mistake of the
 * page: browsers refuse to parse any for it.
 */
const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
  "trusted-types 'none'",
].join("; ");

const COMMON_HEADERS = {
  "cache-control": "no-cache",
  "referrer-policy": "no-referrer",
  "x-content-type-options": "nosniff",
};

/** The page of the inspector. It holds nothing of the server: its script asks with the key of its user. */
export function inspectorPage(): Answer {
  return textAnswer(200, PAGE, {
    "content-type": "text/html; charset=utf-8",
    "content-security-policy": CONTENT_SECURITY_POLICY,
    ...COMMON_HEADERS,
  });
}

/** A file of the page. undefined for an unknown name. */
export async function inspectorFile(
  name: string,
  { script }: { script(): Promise<string> },
): Promise<Answer | undefined> {
  switch (name) {
    case SCRIPT:
      return textAnswer(200, await script(), {
        "content-type": "text/javascript; charset=utf-8",
        ...COMMON_HEADERS,
      });
    case STYLE:
      return textAnswer(200, timelineStyle() + inspectorStyle(), {
        "content-type": "text/css; charset=utf-8",
        ...COMMON_HEADERS,
      });
    default:
      return undefined;
  }
}

/** Paths are relative, so that the page works below any prefix. */
const PAGE = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Inspector</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="inspector/${STYLE}">
<script type="module" src="inspector/${SCRIPT}"></script>
</head>
<body>
<header class="top">
<h1>Inspector</h1>
<p id="connection" role="status"></p>
<button id="forget" type="button" hidden>Forget the key</button>
</header>
<form id="login" hidden>
<label for="key">Session key of this server</label>
<input id="key" type="password" autocomplete="off" required>
<button type="submit">Open</button>
<p id="refusal" role="alert"></p>
</form>
<div id="work" hidden>
<nav aria-label="Conversations">
<label for="status">Status</label>
<select id="status">
<option value="">any</option>
<option value="running">running</option>
<option value="waiting_for_confirmation">waiting for confirmation</option>
<option value="idle">idle</option>
<option value="paused">paused</option>
<option value="finished">finished</option>
<option value="error">error</option>
<option value="stuck">stuck</option>
</select>
<ul id="list"></ul>
<p id="listed" class="remark"></p>
<button id="more" type="button" hidden>More conversations</button>
</nav>
<main id="conversation" tabindex="-1">
<p id="hint" class="remark">Choose a conversation.</p>
<section id="shown" aria-labelledby="title" hidden>
<h2 id="title" dir="auto"></h2>
<dl id="facts"></dl>
<div id="actions" role="group" aria-label="Control of the run"></div>
<p id="fault" role="alert"></p>
<button id="older" type="button" hidden>Older events</button>
<div id="rows" role="log" aria-label="Timeline" aria-live="off"></div>
<pre id="writing" class="words" dir="auto" aria-label="Reply that is being written" hidden></pre>
<button id="newest" type="button" hidden>Back to the newest events</button>
</section>
</main>
</div>
<noscript><p>The inspector needs JavaScript. <code>agent-server export ID --html</code> makes a page that does not.</p></noscript>
</body>
</html>
`;
