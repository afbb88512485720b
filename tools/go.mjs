// `npm test`, `npm run demo` and `npm run test:nodes` on a machine with nothing but Node and npm: gets the pinned pnpm,
// installs what the lockfile says if that is not done yet, and runs. It may import nothing but Node's own modules.
import { closingLine, REPORT } from './go/count.mjs';
import { demo } from './go/demo.mjs';
import { test } from './go/test.mjs';
import { testOnNodes } from './go/test-on-nodes.mjs';
import { install, pnpm } from './go/workspace.mjs';

/** Each gives its exit code. */
const commands = {
  demo,
  test,
  nodes: testOnNodes,
  pnpm: (args) => install() || pnpm(...args),
  count: () => {
    console.log(closingLine(REPORT));
    return 0;
  },
};

const [name = '', ...args] = process.argv.slice(2);
const command = commands[name];
if (command === undefined) {
  console.error(`Usage: node tools/go.mjs <${Object.keys(commands).join(' | ')}> [arguments]`);
  process.exit(2);
}
process.exitCode = command(args);
