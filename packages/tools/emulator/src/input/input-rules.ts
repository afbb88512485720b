import {
  atMost,
  between,
  characters,
  entries,
  firstBroken,
  has,
  type Input,
  inside,
  listLength,
  notTogether,
  ofType,
  oneOf,
  type Rule,
  required,
  unsupported,
  when,
} from './input-rule.js';

const isEdit = (_: Input, model: string) => model.endsWith('-edit');
const isNoEdit = (_: Input, model: string) => !model.endsWith('-edit');
const named = (part: string) => (_: Input, model: string) => model.includes(part);

/**
 * What the provider's pages state about single models, and nothing more: an input that no page forbids passes. The first row
 * whose pattern fits a model holds for it; the first broken rule answers.
 */
const table: readonly (readonly [models: RegExp, ...rules: Rule[]])[] = [
  [/^gpt-image-2$/, required('prompt'), unsupported('n', 'image_urls')],
  [/^gpt-image-2-edit$/, required('image_urls')],
  [
    /^nano-banana-2(-edit)?$/,
    oneOf('resolution', ['0.5K', '1K', '2K', '4K']),
    oneOf('output_format', ['png', 'jpeg', 'webp']),
    when(isEdit, required('image_urls'), atMost('image_urls', 14)),
  ],
  [
    /^seedream-5\.0-lite(-edit)?$/,
    unsupported('seed'),
    between('n', 1, 15),
    ofType('size', 'text or object'),
    when(isNoEdit, unsupported('image_urls')),
    when(isEdit, required('image_urls'), atMost('image_urls', 10)),
    (input) => (imagesAndOutputs(input) > 15 ? 'image_urls and n together must be at most 15' : undefined),
  ],
  [
    /^flux-2-/,
    required('size', 'resolution'),
    when(isEdit, required('image_urls'), atMost('image_urls', 8)),
    when(isNoEdit, unsupported('image_urls')),
  ],
  [
    /^flux-kontext-/,
    when(isEdit, required('image_urls'), entries('image_urls', 1)),
    when(isNoEdit, unsupported('image_urls')),
  ],
  [/^wan-2\.7-image/, atMost('image_urls', 4), ofType('size', 'text or object')],
  [/^z-image$/, required('size'), unsupported('image_urls'), ofType('enable_safety_checker', 'boolean')],
  [
    /^grok-imagine-image-quality$/,
    oneOf('resolution', ['1K', '2K']),
    between('n', 1, Number.POSITIVE_INFINITY),
    atMost('image_urls', 3),
  ],
  [
    /^seedance-2(-fast)?$/,
    required('duration', 'resolution'),
    between('duration', 4, 15),
    when(named('-fast'), (input) =>
      input.resolution === '1080p' ? 'seedance-2-fast does not support resolution 1080p' : undefined,
    ),
    notTogether(
      'image_urls and reference_*_urls cannot be used together',
      (name) => name === 'image_urls',
      (name) => /^reference_\w+_urls$/.test(name),
    ),
    atMost('image_urls', 2),
  ],
  [/^veo3\.1-lite/, unsupported('generate_type', 'image_urls'), oneOf('duration', [8])],
  [
    /^veo3\.1-/,
    oneOf('duration', [8]),
    oneOf('generate_type', ['frame', 'reference']),
    when((input) => input.generate_type === 'frame', required('image_urls'), atMost('image_urls', 2)),
    when(
      (input) => input.generate_type === 'reference',
      (_, model) => (model.includes('fast') ? undefined : `${model} does not support generate_type reference`),
      required('image_urls'),
      atMost('image_urls', 3),
    ),
  ],
  [
    /^happy-horse$/,
    when((input) => has(input, 'video_url'), unsupportedIn('edit mode', 'duration'), atMost('reference_image_urls', 5)),
    when(
      (input) => !has(input, 'video_url'),
      unsupportedIn('this mode', 'audio_setting'),
      between('duration', 3, 15),
      atMost('reference_image_urls', 9),
      when((input) => !has(input, 'reference_image_urls'), entries('image_urls', 1)),
    ),
  ],
  [
    /^omni-flash$/,
    entries('image_urls', 1, 3),
    atMost('video_urls', 1),
    when((input) => has(input, 'video_urls'), unsupportedIn('video mode', 'duration')),
    oneOf('duration', [4, 6, 8, 10]),
  ],
  [
    /^grok-imagine-video-1\.5$/,
    required('image_urls'),
    entries('image_urls', 1),
    oneOf('resolution', ['480p', '720p']),
    between('duration', 1, 15),
  ],
  [
    /^minimax-music-2\.6$/,
    required('prompt'),
    characters('prompt', 10, 2000),
    characters('lyrics', 1, 3500),
    (input) =>
      has(input, 'lyrics') || input.lyrics_optimizer === true || input.is_instrumental === true
        ? undefined
        : 'lyrics is required when lyrics_optimizer and is_instrumental are both false',
    inside(
      'audio_setting',
      oneOf('sample_rate', [16000, 24000, 32000, 44100]),
      oneOf('bitrate', [32000, 64000, 128000, 256000]),
      oneOf('format', ['mp3', 'wav', 'pcm']),
    ),
  ],
  [/^(meshy-6|tripo3d)-.*text-to-3d$/, required('prompt')],
  [/^(meshy-6|tripo3d)-/, required('image_urls')],
];

/** The 400 message for an input, or nothing when no stated rule is broken. */
export function checkInput(model: string, input: Input): string | undefined {
  const [, ...rules] = table.find(([models]) => models.test(model)) ?? [];
  return firstBroken([ofType('image_urls', 'list'), ...rules], input, model);
}

function unsupportedIn(mode: string, field: string): Rule {
  return (input) => (has(input, field) ? `${field} is not supported in ${mode}` : undefined);
}

function imagesAndOutputs(input: Input): number {
  return listLength(input, 'image_urls') + (typeof input.n === 'number' ? input.n : 1);
}
