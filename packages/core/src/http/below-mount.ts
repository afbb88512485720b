/**
 * The path below `mount`, beginning with `/` and with its query, as it came; undefined when the target is not below it. Understands the
 * absolute form of a request target (`http://host/path`), as proxies send it.
 */
export function belowMount(target: string, mount: string): string | undefined {
  const path = withSlash(target.replace(/^[a-z][a-z\d+.-]*:\/\/[^/?]*/i, ''));
  const prefix = mount.replace(/\/+$/, '');
  if (!path.startsWith(prefix)) return undefined;
  const below = path.slice(prefix.length);
  return below === '' || below.startsWith('/') || below.startsWith('?') ? withSlash(below) : undefined;
}

const withSlash = (path: string): string => (path.startsWith('/') ? path : `/${path}`);
