import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { describe, expect, it } from 'vitest';

const ROOT = join(import.meta.dirname, '../../..');

/** The Markdown of the repository. */
const PAGES = globSync(['*.md', '{assets,bench,docs,findings,localstack}/**/*.md'], { cwd: ROOT }).sort();

/** Where links of a page lead: `[…](target)` and `src="target"`, as they stand there. Code is no text. */
function linksOf(markdown: string): string[] {
  const text = markdown
    .replace(/^```[\s\S]*?^```/gm, '')
    .replace(/^ {4}.*$/gm, '')
    .replace(/`[^`\n]*`/g, '`');
  return Array.from(
    text.matchAll(/\]\(([^()\s]+)\)|src="([^"]+)"/g),
    ([, link, image]) => link ?? image ?? '',
  );
}

/** The anchors that GitHub gives to the headings of a page. */
function anchorsOf(markdown: string): Set<string> {
  const anchors = new Set<string>();
  for (const [, heading = ''] of markdown.matchAll(/^#{1,6} (.+)$/gm)) {
    const slug = heading
      .trim()
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, '')
      .replaceAll(' ', '-');
    let anchor = slug;
    for (let again = 1; anchors.has(anchor); again += 1) anchor = `${slug}-${again}`;
    anchors.add(anchor);
  }
  return anchors;
}

/** What is wrong with a link of a page; null where nothing is, or it leads out of the repository. */
function problemOf(page: string, link: string): string | null {
  if (/^[a-z]+:/.test(link)) return null;
  const [path = '', anchor] = link.split('#');
  const target = path === '' ? page : normalize(join(dirname(page), path));
  if (!existsSync(join(ROOT, target))) return `${page} links ${link}, which is not there`;
  if (anchor === undefined) return null;
  return anchorsOf(readFileSync(join(ROOT, target), 'utf8')).has(anchor)
    ? null
    : `${page} links ${link}, a heading that is not there`;
}

/** Paths of the repository in pages: of files and folders, as code. */
const PATHS =
  /`((?:assets|bench|cli|ec2-workers|findings|functions|localstack|native|resources|schemas|scripts|src|statemachine|test)\/[\w./-]*)`/g;
/** What is built or packed, and so need not be there. */
const BUILT = new Set(['bench/.venv', 'bench/results/', 'ec2-workers/grpc/']);

describe('the pages', () => {
  it('have links that lead to files and headings which are there', () => {
    const links = PAGES.flatMap((page) =>
      linksOf(readFileSync(join(ROOT, page), 'utf8')).map((link) => ({ page, link })),
    );
    expect(links.length).toBeGreaterThan(100);
    expect(links.flatMap(({ page, link }) => problemOf(page, link) ?? [])).toEqual([]);
  });

  it('name files of the code that are there', () => {
    const named = PAGES.flatMap((page) =>
      Array.from(readFileSync(join(ROOT, page), 'utf8').matchAll(PATHS), ([, path = '']) => ({ page, path })),
    );
    expect(named.length).toBeGreaterThan(100);
    const missing = named.filter(({ path }) => !BUILT.has(path) && !existsSync(join(ROOT, path)));
    expect(missing).toEqual([]);
  });

  it('are all reached from README.md', () => {
    const reached = new Set(['README.md']);
    for (const page of reached) {
      for (const link of linksOf(readFileSync(join(ROOT, page), 'utf8'))) {
        const target = normalize(join(dirname(page), link.split('#')[0] ?? ''));
        if (target.endsWith('.md') && existsSync(join(ROOT, target))) reached.add(target);
      }
    }
    const pages = PAGES.filter((page) => page.startsWith('docs/'));
    expect(pages.filter((page) => !reached.has(page))).toEqual([]);
  });
});
