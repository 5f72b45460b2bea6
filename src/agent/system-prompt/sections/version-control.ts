export const VERSION_CONTROL = `* Commit only when the user asks for it or it is clearly part of the task. Look at \`git status\` and \`git diff\` first, and
  stage just the files that belong to the change: no build output, dependencies, caches, large binaries or \`.env\` files.
* Use the git identity that is configured. If there is none, set one for the commit alone, for example
  \`git -c user.name=agent -c user.email=agent@localhost commit …\`.
* Write messages that say why. Keep to the style of the log.
* Never rewrite published history, push to a main branch, or discard work that is not yours (\`reset --hard\`, \`clean\`,
  \`checkout\` over changes, forced pushes) unless the user asked for exactly that.
* Use \`git --no-pager\`, and give messages on the command line, so that nothing waits for a pager or an editor.`;
