import { TUNE_SECONDS } from '../media/tune.js';
import { fileUrl } from './results.js';
import type { EmulatedTask } from './task.js';

/** The items of `detail/music`, which have no `file_url`. Which fields a model gives: mostly the sister service's pages. */
export function musicItems(task: EmulatedTask, baseUrl: string): readonly Readonly<Record<string, unknown>>[] {
  // What this endpoint gives for a picture is undocumented.
  if (task.family !== 'music') return [];
  const { prompt, title, style } = task.wish;
  const sound = (index: number) => fileUrl(task, baseUrl, index, 'wav');
  const stems = (names: readonly string[]) =>
    JSON.stringify(Object.fromEntries(names.map((name, index) => [name, sound(index)])));

  switch (task.model) {
    case 'minimax-music-2.6':
      return [{ audio_id: audioId(task, 0), audio_url: sound(0), title, duration: TUNE_SECONDS, prompt }];
    case 'generate-lyrics':
      return [{ title, text: lyrics(task) }];
    case 'get-timestamped-lyrics':
      // Spelled so by the sister service.
      return [{ timestampe_lyrics: lyrics(task) }];
    case 'boost-music-style':
      return [{ style: `${style}, warm, slow build` }];
    case 'generate-persona':
      return [{ persona_id: audioId(task, 0) }];
    case 'convert-to-wav':
      return [{ wav_url: sound(0) }];
    case 'create-music-video':
      return [{ video_url: fileUrl(task, baseUrl, 0, 'mp4') }];
    case 'generate-midi':
      return [{ midi_url: fileUrl(task, baseUrl, 0, 'mid') }];
    case 'separate-vocals':
    case 'upload-and-separate-vocals':
      return [{ separate_vocals: stems(['vocal_url', 'instrumental_url']) }];
    case 'stem-split':
      // Twelve keys there, whose names no source gives: six stand-ins.
      return [{ stem_split: stems(['bass_url', 'drums_url', 'piano_url', 'guitar_url', 'vocals_url', 'other_url']) }];
    case 'generate-music-cover':
      return [{ generate_cover: JSON.stringify([{ file_url: sound(0), file_type: 'audio' }]) }];
    default:
      return Array.from({ length: task.wish.files }, (_, index) => ({
        audio_id: audioId(task, index),
        audio_url: sound(index),
        image_url: fileUrl(task, baseUrl, index, 'png'),
        title,
        tags: style,
        duration: TUNE_SECONDS,
        prompt,
      }));
  }
}

export function lyrics(task: EmulatedTask): string {
  return `[Verse]\n${task.wish.title}\nNothing is heard twice\n[Chorus]\n${task.wish.title}, ${task.wish.title}\n`;
}

function audioId(task: EmulatedTask, index: number): string {
  const hex = [1, 2, 3, 4].map((part) => word(task, `audio ${index} ${part}`)).join('');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}

function word(task: EmulatedTask, name: string): string {
  return Math.floor(task.draw.unit(name) * 0x1_0000_0000)
    .toString(16)
    .padStart(8, '0');
}
