/** Where a prediction by this model is posted, and what names the model in the body; undefined for what names none. */
export function submitPath(model: string | null): { readonly path: string; readonly body: object } | undefined {
  const [, deployment] = /^deployments\/(.+)$/.exec(model ?? '') ?? [];
  const path = deployment ?? model ?? '';
  const [, ownerAndName, , version] = /^([\w.-]+\/[\w.-]+)(:(\w+))?$/.exec(path) ?? [];
  if (ownerAndName?.split('/').some((part) => /^\.+$/.test(part))) return undefined;
  if (deployment !== undefined) {
    return ownerAndName === undefined || version !== undefined
      ? undefined
      : { path: `/v1/deployments/${ownerAndName}/predictions`, body: {} };
  }
  if (version !== undefined) return { path: '/v1/predictions', body: { version } };
  if (ownerAndName !== undefined) return { path: `/v1/models/${ownerAndName}/predictions`, body: {} };
  return /^\w+$/.test(path) ? { path: '/v1/predictions', body: { version: path } } : undefined;
}
