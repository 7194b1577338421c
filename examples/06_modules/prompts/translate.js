export function translate(text, language) {
  return `Translate into ${language}: ${text}`;
}
