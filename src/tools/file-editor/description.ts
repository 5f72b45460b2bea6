/** The description for the model. It names the working directory because every path must be absolute. */
export function fileEditorDescription(workingDir: string): string {
  return `Shows, creates and edits text files, one command a call.

Commands:
* \`view\`: shows a file with line numbers, a range of its lines with \`view_range\`, an image (png, jpg, gif, webp, \
bmp), or a directory two levels deep without hidden entries. Long output is cut in the middle and says so.
* \`create\`: writes a new file and makes missing parent directories. It refuses to overwrite; change existing files \
with \`str_replace\` and \`insert\`.
* \`str_replace\`: replaces one passage. \`old_str\` must match the file exactly, including spaces and indentation, \
and must occur once: add a few lines around the change to make it unique. Leave out the line numbers that \`view\` shows.
* \`insert\`: adds whole lines after \`insert_line\`.
* \`undo_edit\`: takes back the last change this tool made to the file, up to ten in a row.

Look at a file before you edit it, and leave it in a state that works. The file keeps its encoding, line ends and \
permissions. Several edits can be sent as several calls in one message; they are done in order.

Paths must be absolute. The working directory is ${workingDir}: start from there rather than from the root.`;
}
