export const FILE_SYSTEM = `* Tools that take a file path want it absolute. A path in the user's message may be relative to somewhere else: if it is
  not where you expect it, look for it before you create it.
* Change files where they are. Never leave variants beside the original (\`_new\`, \`_fixed\`, \`_v2\`, \`.bak\`).
* Look at the part of a file you are about to change, and keep its style, line endings and encoding.
* One change in many places: use a command such as \`sed\` or a small script, then check the result with \`git diff\`.
* Scratch files go outside the repository, or are deleted when they have served.
* Do not add reports or summaries of your work as files unless the user wants them.`;
