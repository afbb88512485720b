import { expect, test } from 'vitest';
import { checkInput } from './input-rules.js';

const images = (count: number) => Array.from({ length: count }, (_, index) => `https://example.com/${index}.png`);
const prompt = 'A paper boat drifting across a pond';

test.each([
  ['gpt-image-2', { prompt, size: '1:1', quality: 'low', resolution: '1K' }],
  ['gpt-image-2-edit', { prompt, image_urls: images(1) }],
  ['nano-banana-2', { prompt, resolution: '0.5K', output_format: 'webp' }],
  ['nano-banana-2-edit', { prompt, image_urls: images(14) }],
  ['seedream-5.0-lite', { prompt, size: { width: 2304, height: 1728 }, n: 15 }],
  ['seedream-5.0-lite-edit', { prompt, image_urls: images(10), n: 5 }],
  ['flux-2-pro', { prompt, size: '1:1', resolution: '1K' }],
  ['flux-2-flex-edit', { prompt, size: '1:1', resolution: '1K', image_urls: images(8) }],
  ['flux-kontext-max', { prompt }],
  ['flux-kontext-pro-edit', { prompt, image_urls: images(1) }],
  ['wan-2.7-image-pro', { prompt, image_urls: images(4), size: '16:9' }],
  ['z-image', { prompt, size: '1:1', enable_safety_checker: false }],
  ['grok-imagine-image-quality', { prompt, resolution: '2K', n: 4, image_urls: images(3) }],
  ['seedance-2', { prompt, duration: 5, aspect_ratio: '16:9', resolution: '1080p', image_urls: images(2) }],
  ['seedance-2-fast', { prompt, duration: 15, resolution: '720p', reference_image_urls: images(4) }],
  ['veo3.1-lite', { prompt, duration: 8 }],
  ['veo3.1-quality', { prompt, generate_type: 'frame', image_urls: images(2) }],
  ['veo3.1-fast', { prompt, generate_type: 'reference', image_urls: images(3) }],
  ['happy-horse', { prompt, duration: 3 }],
  [
    'happy-horse',
    { prompt, video_url: 'https://example.com/v.mp4', reference_image_urls: images(5), audio_setting: 'keep' },
  ],
  ['omni-flash', { prompt, image_urls: images(3), duration: 6 }],
  ['omni-flash', { prompt, video_urls: images(1) }],
  ['grok-imagine-video-1.5', { prompt, image_urls: images(1), resolution: '480p', duration: 15 }],
  [
    'minimax-music-2.6',
    { prompt, lyrics_optimizer: true, audio_setting: { sample_rate: 44100, bitrate: 256000, format: 'mp3' } },
  ],
  ['minimax-music-2.6', { prompt, lyrics: 'La' }],
  ['meshy-6-text-to-3d', { prompt }],
  ['tripo3d-p1-image-to-3d', { image_urls: images(1), face_limit: 12000 }],
  // No page states a rule for these.
  ['hailuo-2.3', {}],
  ['generate-music', { prompt, anything: true }],
])('%s takes %j', (model, input) => {
  expect(checkInput(model, input)).toBeUndefined();
});

test.each([
  ['gpt-image-2', {}, 'prompt is required for gpt-image-2'],
  ['gpt-image-2', { prompt, n: 2 }, 'gpt-image-2 does not support n'],
  ['gpt-image-2', { prompt, image_urls: images(1) }, 'gpt-image-2 does not support image_urls'],
  ['gpt-image-2-edit', { prompt }, 'image_urls is required for gpt-image-2-edit'],
  ['gpt-image-2-edit', { prompt, image_urls: [] }, 'image_urls is required for gpt-image-2-edit'],
  ['gpt-image-2-edit', { prompt, image_urls: 'https://example.com/1.png' }, 'image_urls must be a list'],
  ['nano-banana-2', { prompt, resolution: '8K' }, 'resolution must be one of 0.5K, 1K, 2K, 4K'],
  ['nano-banana-2', { prompt, output_format: 'gif' }, 'output_format must be one of png, jpeg, webp'],
  ['nano-banana-2-edit', { prompt, image_urls: images(15) }, 'image_urls takes at most 14 entries'],
  ['seedream-5.0-lite', { prompt, seed: 1 }, 'seedream-5.0-lite does not support seed'],
  ['seedream-5.0-lite', { prompt, n: 16 }, 'n must be between 1 and 15'],
  ['seedream-5.0-lite', { prompt, size: 1 }, 'size must be a text or object'],
  ['seedream-5.0-lite', { prompt, image_urls: images(1) }, 'seedream-5.0-lite does not support image_urls'],
  ['seedream-5.0-lite-edit', { prompt, image_urls: images(11) }, 'image_urls takes at most 10 entries'],
  ['seedream-5.0-lite-edit', { prompt, image_urls: images(6), n: 10 }, 'image_urls and n together must be at most 15'],
  ['flux-2-pro', { prompt, size: '1:1' }, 'resolution is required for flux-2-pro'],
  [
    'flux-2-pro',
    { prompt, size: '1:1', resolution: '1K', image_urls: images(1) },
    'flux-2-pro does not support image_urls',
  ],
  ['flux-2-pro-edit', { prompt, size: '1:1', resolution: '1K' }, 'image_urls is required for flux-2-pro-edit'],
  ['flux-kontext-pro', { prompt, image_urls: images(1) }, 'flux-kontext-pro does not support image_urls'],
  ['flux-kontext-pro-edit', { prompt, image_urls: images(2) }, 'image_urls must have 1 entry'],
  ['wan-2.7-image', { prompt, image_urls: images(5) }, 'image_urls takes at most 4 entries'],
  ['z-image', { prompt }, 'size is required for z-image'],
  ['z-image', { prompt, size: '1:1', enable_safety_checker: 'no' }, 'enable_safety_checker must be a boolean'],
  ['grok-imagine-image-quality', { prompt, n: 0 }, 'n must be at least 1'],
  ['seedance-2', { prompt, resolution: '720p' }, 'duration is required for seedance-2'],
  ['seedance-2', { prompt, duration: 16, resolution: '720p' }, 'duration must be between 4 and 15'],
  [
    'seedance-2-fast',
    { prompt, duration: 5, resolution: '1080p' },
    'seedance-2-fast does not support resolution 1080p',
  ],
  [
    'seedance-2',
    { prompt, duration: 5, resolution: '720p', image_urls: images(1), reference_video_urls: images(1) },
    'image_urls and reference_*_urls cannot be used together',
  ],
  ['veo3.1-lite', { prompt, image_urls: images(1) }, 'veo3.1-lite does not support image_urls'],
  ['veo3.1-lite', { prompt, generate_type: 'frame' }, 'veo3.1-lite does not support generate_type'],
  ['veo3.1-fast', { prompt, duration: 5 }, 'duration must be one of 8'],
  ['veo3.1-fast', { prompt, generate_type: 'frame', image_urls: images(3) }, 'image_urls takes at most 2 entries'],
  [
    'veo3.1-quality',
    { prompt, generate_type: 'reference', image_urls: images(1) },
    'veo3.1-quality does not support generate_type reference',
  ],
  [
    'happy-horse',
    { prompt, video_url: 'https://example.com/v.mp4', duration: 5 },
    'duration is not supported in edit mode',
  ],
  ['happy-horse', { prompt, audio_setting: 'keep' }, 'audio_setting is not supported in this mode'],
  ['happy-horse', { prompt, image_urls: images(2) }, 'image_urls must have 1 entry'],
  ['happy-horse', { prompt, reference_image_urls: images(10) }, 'reference_image_urls takes at most 9 entries'],
  ['omni-flash', { prompt, image_urls: images(2) }, 'image_urls must have 1 or 3 entries'],
  ['omni-flash', { prompt, video_urls: images(1), duration: 4 }, 'duration is not supported in video mode'],
  ['omni-flash', { prompt, duration: 5 }, 'duration must be one of 4, 6, 8, 10'],
  ['grok-imagine-video-1.5', { prompt }, 'image_urls is required for grok-imagine-video-1.5'],
  ['minimax-music-2.6', { prompt: 'short', lyrics: 'La' }, 'prompt must have 10 to 2000 characters'],
  ['minimax-music-2.6', { prompt }, 'lyrics is required when lyrics_optimizer and is_instrumental are both false'],
  ['minimax-music-2.6', { prompt, lyrics: 'x'.repeat(3501) }, 'lyrics must have 1 to 3500 characters'],
  [
    'minimax-music-2.6',
    { prompt, is_instrumental: true, audio_setting: { sample_rate: 48000 } },
    'audio_setting.sample_rate must be one of 16000, 24000, 32000, 44100',
  ],
  ['minimax-music-2.6', { prompt, is_instrumental: true, audio_setting: 'mp3' }, 'audio_setting must be an object'],
  ['meshy-6-text-to-3d', {}, 'prompt is required for meshy-6-text-to-3d'],
  ['tripo3d-h3.1-image-to-3d', { prompt }, 'image_urls is required for tripo3d-h3.1-image-to-3d'],
])('%s refuses %j', (model, input, message) => {
  expect(checkInput(model, input)).toBe(message);
});
