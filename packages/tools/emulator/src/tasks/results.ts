import type { EmulatedTask } from './task.js';

export type FileKind = 'png' | 'mp4' | 'wav' | 'glb' | 'mid' | 'txt';

interface ResultFile {
  readonly file_url: string;
  readonly file_type: string;
}

const byFamily: Record<EmulatedTask['family'], readonly [FileKind, type: string]> = {
  image: ['png', 'image'],
  video: ['mp4', 'video'],
  music: ['wav', 'audio'],
  '3d': ['glb', 'model'],
};

/** Music models whose result is no sound. What the status check gives for them is undocumented; the types are the sister service's. */
const byModel: Readonly<Record<string, readonly [FileKind, type: string]>> = {
  'create-music-video': ['mp4', 'video'],
  'generate-midi': ['mid', 'other'],
  'generate-lyrics': ['txt', 'lyrics'],
  'get-timestamped-lyrics': ['txt', 'lyrics'],
  'boost-music-style': ['txt', 'other'],
  'generate-persona': ['txt', 'other'],
};

export function resultFiles(task: EmulatedTask, baseUrl: string): readonly ResultFile[] {
  const [kind, type] = byModel[task.model] ?? byFamily[task.family];
  return Array.from({ length: task.wish.files }, (_, index) => ({
    file_url: fileUrl(task, baseUrl, index, kind),
    file_type: type,
  }));
}

export function fileUrl(task: EmulatedTask, baseUrl: string, index: number, kind: FileKind): string {
  return `${baseUrl}/files/${task.id}/${index}.${kind}`;
}
