export type Family = 'image' | 'video' | 'music' | '3d';

/** Ids seen in the provider's public material. Chat models are left out: they have no tasks. */
const idsByFamily: Record<Family, string> = {
  image: `
    flux-2-flex flux-2-flex-edit flux-2-pro flux-2-pro-edit flux-kontext-max flux-kontext-max-edit flux-kontext-pro
    flux-kontext-pro-edit gpt-4o-image gpt-4o-image-edit gpt-image-1.5 gpt-image-1.5-edit gpt-image-2 gpt-image-2-edit
    grok-imagine-image grok-imagine-image-quality kling-o1-image-edit kling-o3-image kling-o3-image-edit nano-banana
    nano-banana-2 nano-banana-2-edit nano-banana-2-new nano-banana-2-new-edit nano-banana-2-official
    nano-banana-2-official-edit nano-banana-edit nano-banana-pro nano-banana-pro-edit seedream-4 seedream-4-edit
    seedream-4.5 seedream-4.5-edit seedream-5.0 seedream-5.0-edit seedream-5.0-lite seedream-5.0-lite-edit
    seedream-5.0-search wan-2.7-image wan-2.7-image-pro z-image`,
  video: `
    grok-imagine grok-imagine-video-1.5 hailuo-02 hailuo-02-pro hailuo-2.3 happy-horse kling-2.1/pro kling-2.1/standard
    kling-2.5-turbo-pro kling-2.6 kling-2.6-motion-control kling-3.0-motion-control kling-3.0/pro kling-3.0/standard
    kling-o3/pro kling-o3/standard omni-flash runway-gen-4.5 seedance-1.0-pro seedance-1.5-pro seedance-2 seedance-2-fast
    sora-2 sora-2-official sora-2-pro sora-2-pro-official sora-2-stable veo3.1-fast veo3.1-fast-official veo3.1-lite
    veo3.1-lite-official veo3.1-quality veo3.1-quality-official wan-animate-move wan-animate-replace
    wan2.2-image-to-video-fast wan2.2-text-to-video-fast wan2.5-image-to-video wan2.5-text-to-video wan2.6-image-to-video
    wan2.6-text-to-video wan2.6-video-to-video wan2.7-edit-video wan2.7-image-to-video wan2.7-reference-to-video
    wan2.7-text-to-video`,
  music: `
    add-instrumental add-vocals boost-music-style convert-to-wav create-music-video extend-music generate-lyrics
    generate-midi generate-music generate-music-cover generate-persona get-timestamped-lyrics minimax-music-2.6
    replace-section separate-vocals stem-split upload-and-cover-audio upload-and-extend-audio upload-and-separate-vocals`,
  '3d': `
    meshy-6-image-to-3d meshy-6-multi-image-to-3d meshy-6-text-to-3d tripo3d-h3.1-image-to-3d
    tripo3d-h3.1-multiview-to-3d tripo3d-h3.1-text-to-3d tripo3d-p1-image-to-3d tripo3d-p1-text-to-3d`,
};

export const families: readonly Family[] = ['image', 'video', 'music', '3d'];

/** The models that the emulator takes; `more` adds to them or overrides their family. */
export function modelTable(more: Readonly<Record<string, Family>> = {}): ReadonlyMap<string, Family> {
  const table = new Map<string, Family>();
  for (const family of families) {
    for (const id of idsByFamily[family].trim().split(/\s+/)) table.set(id, family);
  }
  for (const [id, family] of Object.entries(more)) table.set(id, family);
  return table;
}
