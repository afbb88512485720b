import type { ServerResponse } from 'node:http';
import { afterEach } from 'vitest';
import { type Emulator, type EmulatorOptions, startEmulator } from '../src/index.js';
import { type Received, type Receiver, startReceiver } from './receiver.js';

/** Servers that are closed after each test of the file that calls this. */
export function running(): {
  emulator(options?: EmulatorOptions): Promise<Emulator>;
  receiver(answer?: (response: ServerResponse, received: Received, count: number) => void): Promise<Receiver>;
} {
  const started: { close(): Promise<void> }[] = [];
  afterEach(async () => {
    for (const one of started.splice(0)) await one.close();
  });
  return {
    async emulator(options) {
      const emulator = await startEmulator(options);
      started.push(emulator);
      return emulator;
    },
    async receiver(answer) {
      const receiver = await startReceiver(answer);
      started.push(receiver);
      return receiver;
    },
  };
}
