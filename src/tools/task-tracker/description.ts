export const taskTrackerDescription = `Keeps the list of tasks for work that takes several steps. The user sees it.

Use it when the work has three or more parts, when the user gives several things to do, or when a task turns out \
bigger than it looked. Leave it for a question, a single command or a small edit.

How to keep it:
* \`plan\` replaces the whole list: send every task each time, those already done included.
* Make tasks concrete enough that it is clear when they are done.
* Have one task \`in_progress\` at a time; set it before you start on it.
* Set a task to \`done\` as soon as it is finished and checked, not earlier and not in batches. If something blocks \
it, leave it open and add a task for what is in the way.
* \`view\` shows the list, for example to pick up after a long stretch of work.`;
