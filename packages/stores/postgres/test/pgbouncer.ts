import { execFileSync } from 'node:child_process';
import { chownSync, existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { cache } from '../../../../tools/services/cache.js';
import { findExecutable } from '../../../../tools/services/find-executable.js';
import { freePort } from '../../../../tools/services/free-port.js';
import { runServer, type Server } from '../../../../tools/services/server.js';
import { unprivileged } from '../../../../tools/services/unprivileged.js';

const home = join(cache, 'pgbouncer');
const unpacked = join(home, 'usr/sbin/pgbouncer');
const PACKAGES = ['pgbouncer', 'libevent-2.1-7', 'libc-ares2'];

/** PgBouncer in front of a server, in transaction mode; undefined where it is neither installed nor to be had. */
export async function startPgBouncer(databaseUrl: string): Promise<Server | undefined> {
  const binary = findExecutable('pgbouncer') ?? fromDebs();
  if (binary === undefined) return undefined;
  const port = await freePort();
  const { hostname, port: serverPort, username, password, pathname } = new URL(databaseUrl);
  const login = `user=${username}${password && ` password=${password}`}`;
  const folder = mkdtempSync(join(tmpdir(), 'tasklatch-pgbouncer-'));
  writeFileSync(
    join(folder, 'pgbouncer.ini'),
    `[databases]
* = host=${hostname} port=${serverPort || 5432} ${login}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${port}
unix_socket_dir =
auth_type = any
pool_mode = transaction
default_pool_size = 4
max_client_conn = 100
server_round_robin = 1
pidfile = ${join(folder, 'pid')}
`,
  );
  const { prefix, uid } = unprivileged();
  if (uid !== undefined) chownSync(folder, uid, uid);
  const [first, ...rest] = [...prefix, binary, join(folder, 'pgbouncer.ini')];
  const libraries = join(home, 'usr/lib');
  return runServer({
    name: 'pgbouncer',
    url: `postgres://${username}@127.0.0.1:${port}${pathname}`,
    port,
    command: [first ?? binary, ...rest],
    env: {
      ...process.env,
      ...(binary === unpacked && {
        LD_LIBRARY_PATH: readdirSync(libraries)
          .map((name) => join(libraries, name))
          .join(':'),
      }),
    },
    folder,
    uid,
    signals: { clean: 'SIGINT', quick: 'SIGKILL' },
    ready: async () => existsSync(join(folder, 'pid')),
  });
}

/** Unpacked from the distribution's packages, as the test Redis is: without root, and nothing else on the machine changes. */
function fromDebs(): string | undefined {
  if (existsSync(unpacked)) return unpacked;
  if (process.env.SERVICES_FETCH === '0' || !findExecutable('apt-get') || !findExecutable('dpkg')) return undefined;
  mkdirSync(cache, { recursive: true });
  const work = mkdtempSync(join(cache, 'pgbouncer-'));
  try {
    for (const part of ['lists/partial', 'archives/partial', 'debs']) mkdirSync(join(work, part), { recursive: true });
    const options = [
      `Dir::State::lists=${work}/lists`,
      `Dir::Cache=${work}`,
      `Dir::Cache::archives=${work}/archives`,
      `APT::Sandbox::User=${userInfo().username}`,
      'Debug::NoLocking=1',
    ].flatMap((option) => ['-o', option]);
    const debs = join(work, 'debs');
    for (const act of [['update'], ['download', ...PACKAGES]]) {
      execFileSync('apt-get', [...options, '-qq', ...act], { cwd: debs, timeout: 120_000, stdio: 'pipe' });
    }
    for (const deb of readdirSync(debs)) execFileSync('dpkg', ['-x', join(debs, deb), join(work, 'tree')]);
    renameSync(join(work, 'tree'), home);
  } catch {
    // Not to be had here, or another run was quicker.
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
  return existsSync(unpacked) ? unpacked : undefined;
}
