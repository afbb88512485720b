import { readFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { checkFaults } from './faults/check-faults.js';
import { startEmulator } from './start-emulator.js';

/**
 * The emulator as a process of its own: prints one line, `{"url": …, "pid": …}`, and runs until SIGTERM or SIGINT, or, with
 * `--exit-with-stdin`, until its parent closes stdin (which a parent does by dying, too).
 */
const { values } = parseArgs({
  options: {
    port: { type: 'string' },
    seed: { type: 'string' },
    faults: { type: 'string' },
    'api-key': { type: 'string' },
    'pending-ms': { type: 'string' },
    'running-ms': { type: 'string' },
    'callback-key': { type: 'string' },
    'decide-by': { type: 'string' },
    'allow-remote-callbacks': { type: 'boolean' },
    'exit-with-stdin': { type: 'boolean' },
  },
});

const emulator = await startEmulator({
  port: Number(values.port ?? 0),
  ...(values.seed === undefined ? {} : { seed: values.seed }),
  ...(values.faults === undefined ? {} : { faults: checkFaults(JSON.parse(await readFile(values.faults, 'utf8'))) }),
  ...(values['api-key'] === undefined ? {} : { apiKey: values['api-key'] }),
  ...(values['callback-key'] === undefined ? {} : { callbackKey: values['callback-key'] }),
  pace: {
    ...(values['pending-ms'] === undefined ? {} : { pendingMs: Number(values['pending-ms']) }),
    ...(values['running-ms'] === undefined ? {} : { runningMs: Number(values['running-ms']) }),
  },
  decideBy: values['decide-by'] === 'marker' ? 'marker' : 'ordinal',
  allowRemoteCallbacks: values['allow-remote-callbacks'] ?? false,
});
process.stdout.write(`${JSON.stringify({ url: emulator.url, pid: process.pid })}\n`);

const stop = () => void emulator.close();
process.once('SIGTERM', stop);
process.once('SIGINT', stop);
if (values['exit-with-stdin']) process.stdin.resume().once('end', stop).once('close', stop);
