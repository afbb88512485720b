import type { Emulation } from '../emulation.js';
import { createMediaCache } from '../media/media-cache.js';
import { lyrics } from '../tasks/music-items.js';
import type { FileKind } from '../tasks/results.js';
import type { Route } from './route.js';
import { send } from './send.js';

const contentTypes: Readonly<Record<FileKind, string>> = {
  png: 'image/png',
  mp4: 'video/mp4',
  wav: 'audio/wav',
  glb: 'model/gltf-binary',
  mid: 'audio/midi',
  txt: 'text/plain; charset=utf-8',
};

/** Any page may show a result. */
const HEADERS = { 'access-control-allow-origin': '*' };

/** `GET /files/{task_id}/{index}.{kind}`: the results of finished tasks. Needs no key, as with the provider's storage. */
export function mediaRoute({ register, counter, seed }: Emulation): Route {
  const cache = createMediaCache();

  return async (_request, response, url) => {
    const match = /^\/files\/([\w-]{1,100})\/(\d{1,2})\.(\w{3})$/.exec(url.pathname);
    const [, id = '', index = '', kind = ''] = match ?? [];
    const task = register.get(id);
    if (task?.end?.verdict !== 'finished' || Number(index) >= task.wish.files || !isFileKind(kind)) {
      return send(response, 404, 'text/plain', 'No such file', HEADERS);
    }
    counter.add('filesServed');
    const { prompt, ratio } = task.wish;
    const bytes = kind === 'txt' ? lyrics(task) : await cache.get({ kind, prompt, ratio, seed: `${seed}/${index}` });
    send(response, 200, contentTypes[kind], bytes, HEADERS);
  };
}

function isFileKind(kind: string): kind is FileKind {
  return Object.hasOwn(contentTypes, kind);
}
