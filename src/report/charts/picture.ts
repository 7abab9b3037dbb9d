import { type Fragment, html, type Markup } from '../markup.ts';

// Pictures have no viewBox: x is in percent and y in pixels, so that they fill any width and text keeps its size. What
// percent cannot say, as a path, is drawn in a stretched part of the picture.

/** What those read who do not see the picture. */
export interface Described {
  /** Of the page's elements, so that it is there once. */
  readonly id: string;
  readonly title: string;
  /** What it shows, in words. */
  readonly description: string;
}

/** @param height in pixels; the width is all there is */
export function picture({ id, title, description }: Described, height: number, body: Fragment): Markup {
  return html`<svg class="chart" width="100%" height="${height}" role="img" aria-labelledby="${id}-t ${id}-d"><title id="${id}-t">${title}</title><desc id="${id}-d">${description}</desc>${body}</svg>`;
}

/** A part of a picture, `top` pixels down, whose x goes from 0 to `width` and y from 0 to `height`, whatever its size is. */
export function stretched(
  {
    top = 0,
    width,
    height,
    pixels = height,
  }: { top?: number; width: number; height: number; pixels?: number },
  body: Fragment,
): Markup {
  return html`<svg y="${top}" width="100%" height="${pixels}" viewBox="0 0 ${width} ${height}" preserveAspectRatio="none">${body}</svg>`;
}

/** A place from 0 to 1 in percent with two decimals, e.g. `12.34%`. */
export function atPercent(part: number): string {
  return `${Math.round(Math.min(Math.max(part, 0), 1) * 1e4) / 100}%`;
}

/** How text at a place from 0 to 1 is anchored, so that it does not leave the picture. */
export function anchorAt(part: number): 'start' | 'middle' | 'end' {
  return part < 0.06 ? 'start' : part > 0.94 ? 'end' : 'middle';
}
