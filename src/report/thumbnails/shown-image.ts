import { type Fragment, html } from '../markup.ts';
import type { PageImages } from './page-images.ts';

/** @param uri nothing: it could not be read */
export function thumbnail(uri: string | undefined, alt: string, size: PageImages['size']): Fragment {
  if (uri === undefined) return null;
  const { width, height, isEnlarged } = size ?? { width: 64, height: 64, isEnlarged: false };
  return html`<img class="thumbnail${isEnlarged ? ' pixelated' : ''}" src="${uri}" alt="${alt}" width="${width}" height="${height}">`;
}

/** A key without its folders. */
export function lastPart(key: string): string {
  return key.slice(key.lastIndexOf('/', key.length - 2) + 1);
}
