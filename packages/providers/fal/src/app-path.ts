/**
 * The path a model is submitted at, and the one its requests are asked about at; undefined for what is no model. Requests live under
 * owner and alias alone (`fal-ai/flux` for `fal-ai/flux/dev`; three parts with a namespace), as fal's own client asks for them.
 */
export function appPath(model: string | null): { readonly submit: string; readonly requests: string } | undefined {
  const parts = model?.split('/') ?? [];
  if (parts.length < 2 || !parts.every((part) => /^[\w-][\w.-]*$/.test(part))) return undefined;
  const app = parts.slice(0, NAMESPACES.has(parts[0] ?? '') ? 3 : 2);
  return { submit: `/${parts.join('/')}`, requests: `/${app.join('/')}/requests` };
}

const NAMESPACES = new Set(['workflows', 'comfy']);
