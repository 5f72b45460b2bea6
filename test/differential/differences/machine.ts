import type { Difference } from "./difference.ts";

/** What routes of files, archives, repositories and tools answer otherwise. */
export const MACHINE_DIFFERENCES: readonly Difference[] = [
  // Commands.
  {
    scenarios: ["bash: commands in the background"],
    at: ["answers.8.body.items.*"],
    reason:
      "output comes in pieces of 256 Ki characters instead of 1 Mi: a longer one holds other requests up",
  },

  {
    scenarios: ["bash: sockets"],
    at: ["answers.1.body.cleared_count: *"],
    reason: "as many smaller pieces of output are cleared",
  },

  // Files.
  {
    scenarios: ["files: uploads that are refused"],
    at: [
      'answers.5.body.detail.0.type: "value_error" -> "missing"',
      'answers.5.body.detail.0.input: "no file, a field" -> null',
      'answers.5.body.detail.0.ctx: {"error":"<words>"} -> absent',
    ],
    reason: "a text field of that name is no file, so the file is missing; its text is not repeated",
  },
  {
    scenarios: ["files: downloads"],
    at: ["answers.11.*"],
    reason: "`..` leads back from a folder that is not there, too: a path has one meaning whatever exists",
  },
  {
    scenarios: ["files: parts of a download", "workspace files: pages of a conversation"],
    at: [
      'answers.*.headers.content-type: "text/plain; charset=utf-8" -> "application/json"',
      'answers.*.headers.content-length: "0" -> absent',
      'answers.*.body: "" -> {"detail":"Range Not Satisfiable"}',
    ],
    reason: "a part beyond the end is refused with words, like everything else",
  },
  {
    scenarios: ["files: parts of a download"],
    at: [
      "answers.*.status: 400 -> 200",
      'answers.*.body: "Range header: * -> "0123456789"',
      'answers.*.body: "Only support bytes range" -> "0123456789"',
    ],
    reason: "a part that makes no sense is as if none was asked for, as the standard of HTTP says",
  },
  {
    scenarios: ["files: downloads of several parts, and of what has not changed"],
    at: ["answers.1.*", "answers.*.status: 200 -> 304", 'answers.*.body: "0123456789" -> ""'],
    reason:
      "what has not changed is not sent again; a request for several parts, which no client makes, gets the whole",
  },
  {
    scenarios: ["files: folders to choose from"],
    at: ["answers.9.body.*", "answers.10.body.*"],
    reason: "pages go on where a folder was that has gone meanwhile, instead of at the beginning",
  },
  {
    scenarios: ["files: folders to choose from"],
    at: ['answers.23.body.items.*.path: "*/beta/../*" -> *'],
    reason: "paths are told without the `..` that the request had",
  },

  // Archives.
  {
    scenarios: [
      "archives: of a folder",
      "archives: of a repository",
      "archives: that are refused",
      "archives: of a conversation",
    ],
    at: [
      "answers.*.headers.content-length: * -> absent",
      'answers.*.headers.accept-ranges: "bytes" -> absent',
      'answers.*.headers.last-modified: "<now>" -> absent',
      'answers.*.headers.etag: "<a tag>" -> absent',
    ],
    reason:
      "sent while it is made: nothing waits for the end, and nobody can ask for a part of what is not kept",
  },
  {
    scenarios: ["archives: of a repository", "archives: that are refused"],
    at: [
      'answers.*.headers.content-type: "text/x-patch; charset=utf-8" -> "text/x-patch"',
      'answers.*.body: "diff --git * -> "diff --git *',
    ],
    reason:
      "a patch has bytes of any encoding; objects are named in full, and a moved file is removed and added, so that every tool applies it",
  },
  {
    scenarios: ["archives: of a conversation"],
    at: [
      'answers.5.body.conversation/.owner_lease.lock: "" -> absent',
      "answers.5.body.conversation/owner_lease.json: * -> absent",
      'answers.5.body.conversation/events/: "" -> absent',
      'answers.5.body.conversation/events/.eventlog*: "" -> absent',
      "answers.5.body.conversation/events/event-<SystemPromptEvent 1>.json.dynamic_context: absent -> *",
    ],
    reason: "locks and marks by which processes share a folder are no part of the conversation",
  },

  // Repositories.
  {
    scenarios: [
      "git: changes of a working tree",
      "git: changes of a commit",
      "git: files before and after",
      "git: repositories without commits",
      "places: files and repositories of a conversation",
    ],
    at: ['answers.*.body.detail: "Git command failed: * -> "\'*\' is not a commit of this repository"'],
    reason: "says what is wrong, not which command was run",
  },
  {
    scenarios: ["git: changes of a commit"],
    at: [
      'answers.*.body.4.status: "DELETED" -> "ADDED"',
      'answers.*.body.4.path: "old.txt" -> "moved.txt"',
      'answers.*.body.5.status: "ADDED" -> "DELETED"',
      'answers.*.body.5.path: "moved.txt" -> "old.txt"',
    ],
    reason: "sorted by path where a file was moved, too",
  },
  {
    scenarios: ["git: a file that becomes a link"],
    at: [
      "answers.*.status: 400 -> 200",
      'answers.*.body: {"detail":"Unexpected git status: T"} -> [{"status":"UPDATED","path":"type.txt"}]',
    ],
    reason: "answered where the reference fails",
  },
  {
    scenarios: ["git: files that are no text, too large, or no files"],
    at: ["answers.1.body.*", "answers.2.body.*"],
    reason: "bytes that are no text are not told as one",
  },
  {
    scenarios: ["git: files that are no text, too large, or no files"],
    at: [
      "answers.*.status: 200 -> 400",
      'answers.*.body: {"modified":*} -> {"detail":"Cannot access file: *"}',
    ],
    reason: "a folder has no text before and after",
  },
  {
    scenarios: ["git: names that are awkward"],
    at: ["answers.8.body.*", "answers.9.*"],
    reason: "names are told as they are, also those with letters beyond ASCII, spaces and quotes",
  },

  // Tools, and pages of a conversation.
  {
    scenarios: ["tools: the list and the catalogue"],
    at: ["answers.2.body.tools.*.description: *"],
    reason: "our own words",
  },
  {
    scenarios: ["tools: the list and the catalogue"],
    at: [
      'answers.1.body.18: absent -> "apply_patch"',
      'answers.2.body.tools.18.name: "switch_llm" -> "apply_patch"',
      "answers.2.body.tools.18.in_default_set: true -> false",
      'answers.2.body.tools.19: absent -> {"name":"switch_llm",*',
    ],
    reason: "patches can be applied without a module that a client has imported before",
  },
  {
    scenarios: ["workspace files: the session of a browser"],
    at: [
      'answers.1.headers.set-cookie.0: "oh_workspace_session_key=*; HttpOnly; Max-Age=315360000; Path=/api/conversations; SameSite=none; Secure; Partitioned" -> "oh_workspace_session_key=*; HttpOnly; Max-Age=604800; Path=/api/conversations; SameSite=none; Secure; Partitioned"',
      'answers.2.headers.set-cookie.0: "oh_workspace_session_key=\\"\\"; * -> "oh_workspace_session_key=; *',
    ],
    reason: "the cookie is a value of its own that ends after a week, not the key for ten years",
  },
];
