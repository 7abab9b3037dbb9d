/** What an answer is made of: lists become `<item>` elements, `undefined` is left out. */
export type XmlValue =
  | string
  | number
  | boolean
  | Date
  | undefined
  | readonly XmlValue[]
  | { readonly [name: string]: XmlValue };

const NAMESPACE = 'http://ec2.amazonaws.com/doc/2016-11-15/';
const DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>\n';

/** The answer of an action that went well. */
export function renderResponse(
  action: string,
  requestId: string,
  content: { readonly [name: string]: XmlValue },
): string {
  const inner = render({ requestId, ...content });
  return `${DECLARATION}<${action}Response xmlns="${NAMESPACE}">${inner}</${action}Response>`;
}

/** The answer of an action that failed, in the form that EC2 uses (not that of the other Query services). */
export function renderError(code: string, message: string, requestId: string): string {
  const errors = render({ Errors: { Error: { Code: code, Message: message } }, RequestID: requestId });
  return `${DECLARATION}<Response>${errors}</Response>`;
}

/** Text, escaped, with what XML 1.0 cannot hold replaced by U+FFFD. */
export function escapeXml(text: string): string {
  return (
    text
      .toWellFormed()
      // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must be replaced
      .replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, '\ufffd')
      .replace(/&/g, '&amp;')
      .replace(/</g, '&lt;')
      .replace(/>/g, '&gt;')
      .replace(/"/g, '&quot;')
      .replace(/\r/g, '&#13;')
  );
}

function render(value: XmlValue): string {
  if (value === undefined) return '';
  if (value instanceof Date) return value.toISOString();
  if (typeof value !== 'object') return escapeXml(String(value));
  if (isList(value)) return value.map((item) => `<item>${render(item)}</item>`).join('');
  return Object.entries(value)
    .filter(([, child]) => child !== undefined)
    .map(([name, child]) => `<${name}>${render(child)}</${name}>`)
    .join('');
}

/** Array.isArray does not narrow a readonly array. */
function isList(value: object): value is readonly XmlValue[] {
  return Array.isArray(value);
}
