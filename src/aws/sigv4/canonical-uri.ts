const UNRESERVED = /^[A-Za-z0-9\-._~/]*$/;
const LEFT_BY_ENCODE_URI = /[!'()*]/g;

/**
 * A key as S3 wants it in a URL and in what is signed: each byte of its UTF-8 but the unreserved ones and `/` as `%XX`.
 * Nothing is normalised: `a//b` and `a/../b` are keys of their own (Amazon S3 API Reference, "Authenticating
 * Requests: Using the Authorization Header").
 */
export function encodeKey(key: string): string {
  if (UNRESERVED.test(key)) return key;
  return encodeURIComponent(key)
    .replaceAll('%2F', '/')
    .replace(LEFT_BY_ENCODE_URI, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);
}
