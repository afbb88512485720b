import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';

const FIELDS = ['dependencies', 'peerDependencies', 'optionalDependencies'];

/** publint's errors and warnings on the tarball, and versions that only mean something in this workspace. */
export async function checkManifest({ tarball, unpacked }) {
  const bytes = readFileSync(tarball);
  const buffer = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength);
  const { messages, pkg } = await publint({ pack: { tarball: buffer }, level: 'warning' });
  const manifest = JSON.parse(readFileSync(join(unpacked, 'package.json'), 'utf8'));
  const versions = FIELDS.flatMap((field) => Object.entries(manifest[field] ?? {}))
    .filter(([, version]) => /^(workspace|catalog|link|file):|^[*]$/.test(version))
    .map(
      ([name, version]) =>
        `${name} is wanted as ${version}: give a version range that means something outside of this workspace.`,
    );
  return [...messages.map((message) => `publint: ${formatMessage(message, pkg, { color: false })}`), ...versions];
}
