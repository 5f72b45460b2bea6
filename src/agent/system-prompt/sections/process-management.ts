export const PROCESS_MANAGEMENT = `* Start servers and other lasting processes in the background with their output in a file, wait until they answer, and stop
  them when you are done.
* Stop processes by their number, which you have noted or looked up. Never kill by a broad name (\`pkill -f node\`,
  \`killall python\`): other work runs on this machine, perhaps your own tools.
* Use flags that keep commands from asking questions (\`-y\`, \`--no-input\`, \`CI=1\`).`;
