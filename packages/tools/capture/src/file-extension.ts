const BY_TYPE = new Map([
  ['image/png', 'png'],
  ['image/jpeg', 'jpg'],
  ['image/webp', 'webp'],
  ['image/gif', 'gif'],
  ['image/avif', 'avif'],
  ['image/svg+xml', 'svg'],
  ['video/mp4', 'mp4'],
  ['video/webm', 'webm'],
  ['video/quicktime', 'mov'],
  ['audio/mpeg', 'mp3'],
  ['audio/wav', 'wav'],
  ['audio/x-wav', 'wav'],
  ['audio/flac', 'flac'],
  ['audio/ogg', 'ogg'],
  ['audio/mp4', 'm4a'],
  ['audio/midi', 'mid'],
  ['model/gltf-binary', 'glb'],
  ['model/gltf+json', 'gltf'],
  ['application/zip', 'zip'],
  ['application/json', 'json'],
  ['text/plain', 'txt'],
]);

/** The end of a file's name, by its content type, else by its URL, else `bin`. */
export function fileExtension(contentType: string, url: string): string {
  const named = URL.canParse(url) ? /\.([a-z0-9]{1,5})$/i.exec(new URL(url).pathname)?.[1] : undefined;
  return BY_TYPE.get(contentType) ?? named?.toLowerCase() ?? 'bin';
}
