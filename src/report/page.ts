import { createHash } from 'node:crypto';
import { html, Markup } from './markup.ts';

export interface Page {
  readonly title: string;
  /** CSS: the only one that the page's policy lets in. */
  readonly style: string;
  readonly body: Markup;
  /** Whether it has images, which are part of it as data URIs. @default false */
  readonly hasImages?: boolean;
}

/** One page that needs nothing else: no script, no request, and a policy that allows neither. */
export function renderPage({ title, style, body, hasImages = false }: Page): string {
  const hash = createHash('sha256').update(style).digest('base64');
  const policy = `default-src 'none'; style-src 'sha256-${hash}';${hasImages ? ' img-src data:;' : ''} base-uri 'none'; form-action 'none'`;
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${new Markup(policy)}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<meta name="color-scheme" content="light dark">
<title>${title}</title>
<style>${new Markup(style)}</style>
</head>
<body>
${body}
</body>
</html>
`.text;
}
